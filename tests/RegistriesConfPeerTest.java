//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/oci/RegistriesConf.java

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import common.cli.Cli;
import common.cli.Proc;
import common.oci.RegistriesConf;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("A registries.conf leads where it leads skopeo")
class RegistriesConfPeerTest {
    private static final Pattern TRYING = Pattern.compile("Trying to access \\\\\"([^\"\\\\]+)\\\\\"");
    private static final String TAG = "127.0.0.9:1/team/app:v1";
    private static final String DIGEST = "127.0.0.9:1/team/app@sha256:" + "ab".repeat(32);
    private static final String ALIAS = "a.example.com/team/app:v1";

    @TempDir
    Path folder;

    private static String registry(String... lines) {
        return "[[registry]]\n" + String.join("\n", lines) + "\n";
    }

    private static String mirror(String location, String... lines) {
        return "[[registry.mirror]]\nlocation = \"" + location + "\"\n" + String.join("\n", lines) + "\n";
    }

    /** No host of these answers, so each place is tried. Line ends are {@code \n}, and the reference comes first. */
    static Stream<String> files() {
        String own = "location = \"127.0.0.9:1\"";
        String m1 = mirror("127.0.0.2:1");
        String m2 = mirror("127.0.0.3:1/sub");
        List<String> files = new ArrayList<>();
        for (String reference : List.of(TAG, DIGEST)) {
            for (String text : List.of("", "# nothing", registry(own), registry(own) + m1, registry(own) + m1 + m2,
                    registry(own) + m2 + m1, registry("prefix = \"127.0.0.9:1\"", "location = \"127.0.0.4:1\"") + m1,
                    registry("prefix = \"127.0.0.9:1/team\"", "location = \"127.0.0.4:1/x/y\"") + m2,
                    registry("prefix = \"127.0.0.9:1/team/app\"", "location = \"127.0.0.4:1/other\""),
                    registry("prefix = \"127.0.0.9:1/te\"", "location = \"127.0.0.4:1\""),
                    registry("prefix = \"127.0.0.9\"", "location = \"127.0.0.4\""),
                    registry("prefix = \"\"", own) + m1, registry("prefix = \"127.0.0.9:1/\"", "location = \"127.0.0.4:1//\""),
                    registry(own, "mirror-by-digest-only = true") + m1 + m2,
                    registry(own, "mirror-by-digest-only = false") + m1,
                    registry(own) + mirror("127.0.0.2:1", "pull-from-mirror = \"digest-only\"") + m2,
                    registry(own) + mirror("127.0.0.2:1", "pull-from-mirror = \"tag-only\"") + m2,
                    registry(own) + mirror("127.0.0.2:1", "pull-from-mirror = \"all\""),
                    registry(own) + mirror("127.0.0.2:1", "pull-from-mirror = \"\""),
                    registry(own) + m1 + registry("prefix = \"127.0.0.9:1/team\"", "location = \"127.0.0.5:1\""),
                    registry("prefix = \"127.0.0.9:1/team\"", "location = \"127.0.0.5:1\"") + m2 + registry(own) + m1,
                    registry(own) + m1 + registry(own) + m2)) {
                files.add(reference + "\n" + text);
            }
        }
        for (String text : List.of(registry("prefix = \"*.example.com\"", "location = \"127.0.0.4:1\"") + m1,
                registry("prefix = \"*.example.com\"") + m1,
                registry("prefix = \"*.example.com/team\"", "location = \"127.0.0.4:1/x\""),
                registry("prefix = \"*.com\"", "location = \"127.0.0.4:1\"")
                        + registry("prefix = \"*.example.com\"", "location = \"127.0.0.5:1\""),
                registry("prefix = \"*.example.org\"", "location = \"127.0.0.4:1\"") + registry("location = \"a.example.com\"")
                        + m2)) {
            files.add(ALIAS + "\n" + text);
        }
        for (String reference : List.of("docker.io/nginx:v1", "index.docker.io/library/nginx:v1", "docker.io/team/app:v1")) {
            files.add(reference + "\n" + registry("location = \"docker.io\"") + m1);
            files.add(reference + "\n" + registry("prefix = \"docker.io/library\"", "location = \"127.0.0.4:1/hub\""));
        }
        for (String refused : List.of(registry(own, "blocked = true"), registry("insecure = true"),
                registry("prefix = \"127.0.0.9:1\""), registry("location = \"http://127.0.0.9:1\""),
                registry("location = \"https://127.0.0.9:1\""), registry("prefix = \"https://a\"", own),
                registry(own, "insecure = \"yes\""), registry(own, "blocked = 1"), registry("location = 5"),
                registry(own, "mirror-by-digest-only = true") + mirror("127.0.0.2:1", "pull-from-mirror = \"all\""),
                registry(own) + mirror("127.0.0.2:1", "pull-from-mirror = \"never\""),
                registry(own, "pull-from-mirror = \"all\""), registry(own) + mirror(""),
                registry(own) + mirror("http://127.0.0.2:1"), registry(own) + "[[registry.mirror]]\ninsecure = true\n",
                registry(own, "insecure = true") + registry("prefix = \"127.0.0.9:1/x\"", own),
                registry(own, "blocked = true") + registry("prefix = \"127.0.0.9:1/x\"", own),
                "unqualified-search-registries = [\"http://a\"]\n" + registry(own),
                "unqualified-search-registries = [\"\"]\n" + registry(own), "short-name-mode = \"strict\"\n" + registry(own),
                "registry = 5\n", "[registry]\nlocation = \"127.0.0.9:1\"\n", "[[registry]\n" + own, "location = 127.0.0.9",
                registry(own) + "[[registry.mirror]]\nlocation = \"mirror/x\"\n")) {
            files.add(TAG + "\n" + refused);
        }
        files.add(TAG + "\nunqualified-search-registries = [\"docker.io\"]\nshort-name-mode = \"enforcing\"\n" + registry(own) + m1);
        files.add(TAG + "\n" + registry("Location = \"127.0.0.9:1\"") + m1);
        files.add(TAG + "\n" + registry(own, "unknown = 1") + m1 + "[aliases]\n\"a\" = \"b.c/a\"\n");
        files.add(TAG + "\nregistry = [{location = \"127.0.0.9:1\", mirror = [{location = \"127.0.0.2:1\"}]}]\n");
        files.add(TAG + "\n" + registry(own) + m1 + registry("location = \"127.0.0.2:1\"", "blocked = true"));
        return files.stream();
    }

    @ParameterizedTest(name = "file {index}")
    @MethodSource("files")
    void places(String file) throws IOException {
        String reference = file.lines().findFirst().orElseThrow();
        Path conf = Files.writeString(folder.resolve("registries.conf"), file.substring(reference.length() + 1));
        Proc.Result skopeo = Proc.of("skopeo", "--debug", "--registries-conf", conf.toString(), "inspect",
                "docker://" + reference).run();
        List<String> expected = new ArrayList<>();
        for (Matcher trying = TRYING.matcher(skopeo.err()); trying.find();) {
            if (!skopeo.err().contains("Accessing \\\"" + trying.group(1) + "\\\" failed: registry")) { // is blocked
                expected.add(trying.group(1).replaceFirst("[:@](v1|sha256:\\w+)$", ""));
            }
        }
        List<String> ours;
        try {
            String name = reference.replaceFirst("(:v1|@.*)$", "");
            ours = RegistriesConf.read(conf).endpoints(name, reference.contains("@")).stream().map(e -> e.toString()
                    .replaceFirst("^registry-1\\.docker\\.io", "docker.io")).toList();
        } catch (Cli.Failure e) {
            ours = List.of();
        }
        assertEquals(expected, ours, skopeo.err());
    }
}

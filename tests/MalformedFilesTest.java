//SOURCES ../common/cli/Cli.java
//SOURCES ../container-images/images-4.10.3/pull-initial-4.10.3.java
//SOURCES ../container-images/pre-cache/main.java
//SOURCES ../create-vm.java
//SOURCES ../ignition-files/render.java
//SOURCES ../siteconfig.java
//SOURCES PullLab.java
//SOURCES ScriptRun.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

import common.cli.Cli;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A malformed file gives a line for a person:")
class MalformedFilesTest {
    /** What only a programmer of this or of a library would understand. */
    private static final Pattern INTERNALS = Pattern.compile("Exception|Error:|\\bnull\\b|Optional\\[|\\tat |com\\.fasterxml|"
            + "org\\.yaml|java\\.|Feature|CTRL-CHAR|token|Token|marker|block end|Node\\b|Mapper|deserializ|\\bsource:");
    private static final String SITE = "kind: ClusterInstance\nspec:\n  clusterName: a\n  nodes:\n  - hostName: b\n";

    @TempDir
    Path folder;

    private static List<byte[]> contents() {
        List<byte[]> contents = new ArrayList<>();
        for (String text : List.of("", " \n\n", "{", "[", "[]", "{}", "null", "5", "\"a\"", "a: b: c", "\ta: 1", "- a\n- b\n",
                "---\na: 1\n---\nb: 2\n", "a: *x", "{{ x }}", "a: {{ x }}", "a: '{{ x }}'", "[[registry]\na = 1", "a = \n",
                "x = 1\nx = 2\n", "{\"a\":1,\"a\":2}", "{\"a\":1} x", "{\"auths\": []}", "{\"auths\": {\"127.0.0.1:1\": 5}}",
                "<html><body>login</body></html>", "-----BEGIN PRIVATE KEY-----\nabc\n", "a\0b", "[".repeat(20_000),
                "{\"a\":".repeat(5000), "kind: SiteConfig\n", "kind: ClusterInstance\nspec: 5\n", "a: !!binary x\n",
                "kind: ImageSetConfiguration\napiVersion: mirror.openshift.io/v2alpha1\n",
                "apiVersion: config.openshift.io/v1\nkind: ImageDigestMirrorSet\nspec: {}\n", "vm: null\n", "vm:\n  image: null\n",
                "{\"ignition\":{\"version\":null}}", "{\"ignition\":5}", "ssh-rsa AAAA\n", "? [a]\n: b\n", "'", "a: \"b\n")) {
            contents.add(text.getBytes(StandardCharsets.UTF_8));
        }
        byte[] all = new byte[256];
        for (int i = 0; i < 256; i++) {
            all[i] = (byte) i;
        }
        contents.addAll(List.of(all, new byte[] {0x1f, (byte) 0x8b, 8, 0, 1}, new byte[] {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd},
                new byte[] {(byte) 0xff, (byte) 0xfe, 'a', 0}, new byte[] {'a', ':', ' ', (byte) 0xc3, '\n'}));
        return contents;
    }

    private ScriptRun run(String option, Path file) throws IOException {
        Path list = PullLab.list(folder, "no-such-host.invalid/a/b:c");
        Path site = Files.writeString(folder.resolve("site"), SITE);
        Path set = folder.resolve("set/ai-images");
        Path none = Files.writeString(folder.resolve("none"), "{}");
        return switch (option) {
            case "--list" -> ScriptRun.of(new PullInitial4103(), "--list", file, "--folder", set, "--authfile", none);
            case "--authfile" -> ScriptRun.of(new PullInitial4103(), "--list", list, "--folder", set, "--authfile", file,
                    "--dry-run");
            case "--registries-conf" -> ScriptRun.of(new PullInitial4103(), "--list", list, "--folder", set,
                    "--registries-conf", file, "--authfile", none, "--dry-run");
            case "--imageset" -> ScriptRun.of(new PreCacheMain(), "--imageset", file, "--list", folder.resolve("out.txt"));
            case "siteconfig" -> ScriptRun.of(new SiteConfigMerge(), file);
            case "--discovery", "--pointer" -> ScriptRun.of(new SiteConfigMerge(), site, option, file);
            case "--profile" -> ScriptRun.of(new CreateVm(), "--profile", file, "--dry-run", "--backend", "qemu",
                    "--artifacts", "127.0.0.1:1", "--state", folder.resolve("state"));
            case "--ssh-key" -> ScriptRun.of(new Render(), "--ssh-key", file, "--output", folder.resolve("ign"));
            default -> throw new IllegalArgumentException(option);
        };
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"--list", "--authfile", "--registries-conf", "--imageset", "siteconfig", "--discovery", "--pointer",
        "--profile", "--ssh-key"})
    void words(String option) throws IOException {
        Map<String, String> bad = new TreeMap<>();
        int number = 0;
        for (byte[] content : contents()) {
            Path file = Files.write(folder.resolve("file-" + number++), content);
            ScriptRun run = run(option, file);
            String shown = new String(content, 0, Math.min(content.length, 60), StandardCharsets.ISO_8859_1);
            if (INTERNALS.matcher(run.err().replace(shown, "")).find() || run.exit() != Cli.DONE && run.err().isBlank()) {
                bad.put(shown, run.err().lines().limit(3).toList().toString());
            }
        }
        assertEquals(Map.of(), bad);
        assertTrue(number * 9 > 300);
    }
}

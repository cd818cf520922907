///usr/bin/env LC_ALL=C.UTF-8 jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES ../../common/cli/Json.java
//SOURCES ../../common/cli/AtomicFile.java
//SOURCES ../../common/cli/Cli.java
//SOURCES ../../common/cli/JsonOption.java
//SOURCES ../../common/oci/ImageList.java
//SOURCES ../../common/registry/RegistryOptions.java
//SOURCES ../../common/release/HubImages.java
//SOURCES ../../common/release/ReleaseImage.java
//SOURCES ../../common/release/ReleaseSignature.java

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.regex.Pattern;

import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.AtomicFile;
import common.cli.Cli;
import common.cli.Json;
import common.cli.JsonOption;
import common.oci.ImageList;
import common.registry.RegistryOptions;
import common.release.HubImages;
import common.release.ReleaseImage;
import common.release.ReleaseSignature;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which images is a release made of? Reads one file out of the release image; needs neither oc nor podman. */
@Command(name = "release", description = "List the images of an OpenShift release, straight from its registry.",
        footer = {"", "Examples:", "  jbang release.java 4.10.3 --exclude-tag 'aws|azure|gcp'",
            "  jbang release.java 4.10.3 --initial --add quay.io/edge-infrastructure/assisted-installer-agent:latest"})
class Release extends Cli.Command {
    @Parameters(paramLabel = "VERSION|IMAGE", description = "E.g. 4.10.3, or a release image by tag or digest.")
    String release;

    @Option(names = "--arch", defaultValue = "x86_64", description = "Of the release (default: ${DEFAULT-VALUE}).")
    String arch;

    @Option(names = "--output", paramLabel = "FILE", description = "Default: {ocp,initial}_images.txt.VERSION.")
    Path output;

    @Option(names = "--initial", description = "Only the discovery images.")
    boolean initial;

    @Option(names = "--only", arity = "1..*", paramLabel = "NAME", description = "Only payload of these names.")
    List<String> only = List.of();

    @Option(names = "--exclude-tag", arity = "1..*", paramLabel = "REGEX", description = "Leave out payload whose name matches.")
    List<Pattern> exclude = List.of();

    @Option(names = "--exclude-file", paramLabel = "FILE", description = "A file of such patterns, one a line.")
    Path excludeFile;

    @Option(names = "--add", arity = "1..*", paramLabel = "IMAGE", description = "List this too, say the agent.")
    List<String> add = List.of();

    @Option(names = "--hub", paramLabel = "FILE|URL", description = "List the agent, installer and controller of the site's "
            + "Assisted Installer service too: its address, or its answer to /v2/component-versions.")
    String hub;

    @Option(names = "--verify", description = "Refuse a release without a valid signature.")
    boolean verify;

    @Option(names = "--keyring", paramLabel = "FILE", defaultValue = ReleaseSignature.RED_HAT_KEYS,
            description = "Keys for --verify (default: ${DEFAULT-VALUE}).")
    Path keyring;

    @Option(names = "--signatures", paramLabel = "URL|DIR", defaultValue = ReleaseSignature.RED_HAT_STORE,
            description = "Signature store for --verify (default: ${DEFAULT-VALUE}).")
    String store;

    @Mixin
    JsonOption json;

    @Mixin
    RegistryOptions registries;

    public static void main(String... args) {
        System.exit(Cli.run(new Release(), args));
    }

    @Override
    public Integer call() throws IOException {
        ReleaseImage whole = ReleaseImage.read(registries, release, arch);
        if (verify) {
            System.err.println(ReleaseSignature.of(whole.digest(), store, keyring, registries.http()));
        }
        ReleaseImage asked = only.isEmpty() ? whole : whole.only(only);
        asked = initial ? asked.initial() : asked;
        List<Pattern> patterns = new ArrayList<>(exclude);
        patterns.addAll(excludeFile == null ? List.of() : ReleaseImage.patterns(excludeFile));
        ReleaseImage kept = asked.without(patterns);
        SortedSet<String> list = kept.listed();
        list.addAll(hub == null ? List.of() : HubImages.read(hub, registries.http()));
        add.forEach(image -> list.add(ImageList.entry(image, "--add").text()));
        Path file = output != null ? output : Path.of((initial ? "initial" : "ocp") + "_images.txt." + whole.version());
        AtomicFile.write(file, (String.join("\n", list) + "\n").getBytes(StandardCharsets.UTF_8));
        System.err.printf("Release %s: %s in %s%n", whole.version(), Cli.count(list.size(), "image"), file);
        for (Pattern pattern : patterns) {
            System.err.printf("Excluded by %s: %d of %d%n", pattern, asked.payload().size()
                    - asked.without(List.of(pattern)).payload().size(), asked.payload().size());
        }
        ObjectNode document = Json.object().put("release", whole.pinned()).put("version", whole.version())
                .put("verified", verify).put("excluded", asked.payload().size() - kept.payload().size());
        kept.payload().forEach(document.putObject("images")::put);
        json.print(document);
        if (!json.isOn()) {
            list.forEach(System.out::println);
        }
        return Cli.DONE;
    }
}

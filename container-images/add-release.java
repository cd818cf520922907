///usr/bin/env LC_ALL=C.UTF-8 jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/AtomicFile.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Progress.java
//SOURCES ../common/cli/ProgressOption.java
//SOURCES ../common/cli/ScriptFolder.java
//SOURCES ../common/oci/ImageList.java
//SOURCES ../common/registry/RegistryOptions.java
//SOURCES ../common/release/HubImages.java
//SOURCES ../common/release/ReleaseCopy.java
//SOURCES ../common/release/ReleaseImage.java

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedSet;
import java.util.regex.Pattern;

import common.cli.AtomicFile;
import common.cli.Cli;
import common.cli.Progress;
import common.cli.ProgressOption;
import common.cli.ScriptFolder;
import common.oci.ImageList;
import common.registry.RegistryOptions;
import common.release.HubImages;
import common.release.ReleaseCopy;
import common.release.ReleaseImage;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes for another release what the repository has for 4.10.3: its image lists, and copies of the scripts. */
@Command(name = "add-release", description = "Make images-VERSION/ and ocp-images-VERSION/: image lists, pull and "
        + "extract scripts, and their names in jbang-catalog.json.",
        footer = {"", "Example:",
            "  jbang add-release.java 4.12.0 --authfile pull-secret.json --exclude-tag 'aws|azure|gcp'"})
class AddRelease extends Cli.Command {
    private static final String MODEL = "4.10.3";

    @Parameters(paramLabel = "VERSION", description = "E.g. 4.12.0.")
    String version;

    @Option(names = "--image", description = "The release image (default: Red Hat's of this version).")
    String image;

    @Option(names = "--arch", defaultValue = "x86_64", description = "Of the release (default: ${DEFAULT-VALUE}).")
    String arch;

    @Option(names = "--exclude-tag", arity = "1..*", paramLabel = "REGEX",
            description = "Leave payload out of ocp-images where it finds the tag name.")
    List<Pattern> exclude = List.of();

    @Option(names = "--add", arity = "1..*", paramLabel = "IMAGE",
            description = "What discovery needs beside the release: agent, installer (default: the hub's, or as for " + MODEL + ").")
    List<String> add = List.of();

    @Option(names = "--hub", paramLabel = "FILE|URL", description = "The site's Assisted Installer service, or a file with "
            + "its answer to /v2/component-versions: discovery needs its agent, installer and controller.")
    String hub;

    @Option(names = "--folder", paramLabel = "DIR",
            description = "container-images of a checkout (default: this script's).")
    Path folder;

    @Option(names = "--force", description = "Replace lists and scripts that are there.")
    boolean force;

    @Mixin
    ProgressOption progress;

    @Mixin
    RegistryOptions registries;

    public static void main(String... args) {
        System.exit(Cli.run(new AddRelease(), args));
    }

    @Override
    public Integer call() throws IOException {
        if (!ReleaseImage.isVersion(version) || version.equals(MODEL)) {
            throw new Cli.Failure(Cli.USAGE, "not the version of another release: " + version);
        }
        Path model = Path.of("container-images/images-" + MODEL);
        Path root = folder != null ? folder : ScriptFolder.beside(model).getParent();
        ReleaseCopy copy = new ReleaseCopy(root, MODEL, version);
        if (!force && copy.existing().isPresent()) {
            throw new Cli.Failure(copy.existing().get() + " is there already; --force replaces its list and scripts");
        }
        ReleaseImage release;
        try (Progress reading = Progress.start("Reading the release image", -1)) {
            release = ReleaseImage.read(registries, image != null ? image : version, arch);
        }
        List<Path> scripts = copy.copyScripts();
        write(copy.initialList(), initial(release, copy));
        write(copy.ocpList(), release.without(exclude).listed());
        copy.copyAliases();
        scripts.forEach(System.out::println);
        return Cli.DONE;
    }

    private SortedSet<String> initial(ReleaseImage release, ReleaseCopy copy) throws IOException {
        SortedSet<String> list = release.initial().listed();
        // the assisted installer asks for the release by tag: the second word of a line is a tag to give the image
        list.remove(release.pinned());
        list.add(release.pinned() + " " + version + "-" + arch);
        if (hub != null) {
            list.addAll(HubImages.read(hub, registries.http()));
        } else if (add.isEmpty()) {
            Cli.warn("agent, installer and controller are those of " + MODEL + "; which ones a node runs the site's hub "
                    + "decides: name it with --hub");
            ImageList.read(copy.modelInitialList()).entries().stream().map(ImageList.Entry::text)
                    .filter(r -> !r.startsWith("quay.io/openshift-release-dev/")).forEach(list::add);
        }
        add.forEach(r -> list.add(ImageList.entry(r, "--add").text()));
        return list;
    }

    private static void write(Path file, SortedSet<String> list) throws IOException {
        AtomicFile.write(file, (String.join("\n", list) + "\n").getBytes(StandardCharsets.UTF_8));
        System.out.println(file + ": " + Cli.count(list.size(), "image"));
    }
}

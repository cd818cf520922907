///usr/bin/env LC_ALL=C.UTF-8 jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES common/cli/Json.java
//SOURCES common/cli/AtomicFile.java
//SOURCES common/cli/Cli.java
//SOURCES common/disk/PartitionLabel.java
//SOURCES common/ignition/IgnitionFiles.java
//SOURCES common/ignition/IgnitionOverride.java
//SOURCES common/ignition/SiteConfig.java

import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import common.cli.AtomicFile;
import common.cli.Cli;
import common.disk.PartitionLabel;
import common.ignition.IgnitionFiles;
import common.ignition.IgnitionOverride;
import common.ignition.SiteConfig;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "siteconfig", description = "Merges what a pre-staged server needs into a ZTP SiteConfig or "
        + "ClusterInstance: the units of both stages into ignitionConfigOverride of clusters and nodes, and "
        + "installerArgs that save the data partition. Units and files of an earlier run are replaced; everything "
        + "else in the file stays as it is written.",
        footer = {"", "Examples:", "  siteconfig.java site-sno1.yaml --in-place",
            "  siteconfig.java site-sno1.yaml --label staged --mode store --output new.yaml"})
class SiteConfigMerge extends Cli.Command {
    @Parameters(paramLabel = "FILE", description = "SiteConfig or ClusterInstance, one or several, YAML.")
    private Path file;

    @Option(names = "--discovery", paramLabel = "FILE",
            description = "Units of the discovery stage, .patch or .ign (default: rendered from ignition-files/units).")
    private Path discovery;

    @Option(names = "--pointer", paramLabel = "FILE",
            description = "Units of the installed system, .patch or .ign (default: rendered).")
    private Path pointer;

    @Option(names = "--label", paramLabel = "NAME", defaultValue = PartitionLabel.DEFAULT,
            description = "The staged partition: rendered units mount it, arguments save it "
                    + "(default: ${DEFAULT-VALUE}).")
    private String label;

    @Option(names = "--mode", paramLabel = "auto|load|store|both", defaultValue = "auto",
            description = "What rendered units do with the images, as for render (default: ${DEFAULT-VALUE}).")
    private IgnitionFiles.Mode mode;

    @ArgGroup
    private Destination destination = new Destination();

    private static final class Destination {
        @Option(names = "--output", paramLabel = "FILE", description = "Write there (default: stdout).")
        private Path output;

        @Option(names = "--in-place", description = "Write into FILE itself.")
        private boolean inPlace;
    }

    public static void main(String... args) {
        System.exit(Cli.run(new SiteConfigMerge(), args));
    }

    @Override
    public Integer call() throws IOException {
        SiteConfig.Merged merged = SiteConfig.merge(text(), file.toString(),
                ours(discovery, IgnitionFiles.Stage.AI, IgnitionOverride.DISCOVERY_KEY),
                ours(pointer, IgnitionFiles.Stage.OCP, IgnitionOverride.POINTER_KEY), new PartitionLabel(label).name());
        byte[] text = merged.text().getBytes(StandardCharsets.UTF_8);
        if (destination.inPlace) {
            AtomicFile.replace(file, text);
        } else if (destination.output != null) {
            AtomicFile.write(destination.output, text);
        } else {
            System.out.write(text);
            System.out.flush();
        }
        merged.changes().forEach(System.err::println);
        return Cli.DONE;
    }

    private IgnitionOverride ours(Path given, IgnitionFiles.Stage stage, String key) {
        if (given != null) {
            return IgnitionOverride.read(given, key);
        }
        IgnitionFiles rendered = IgnitionFiles.of(new PartitionLabel(label), null, mode, List.of(), List.of());
        return IgnitionOverride.of(rendered.config(stage).toString(), stage.file + ".ign");
    }

    private String text() throws IOException {
        try {
            return Files.readString(file);
        } catch (MalformedInputException e) {
            throw new Cli.Failure(Cli.FAILED, file + ": not UTF-8 text", e);
        }
    }
}

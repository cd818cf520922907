///usr/bin/env LC_ALL=C.UTF-8 jbang "$0" "$@" ; exit $?
//JAVA 17+
//MAIN PreCacheMain
//SOURCES ../../common/cli/Json.java
//SOURCES ../../common/catalog/ImageSetConfiguration.java
//SOURCES ../../common/catalog/PreCacheImages.java
//SOURCES ../../common/catalog/PreCacheSpec.java
//SOURCES ../../common/cli/AtomicFile.java
//SOURCES ../../common/cli/Cli.java
//SOURCES ../../common/cli/ProgressOption.java
//SOURCES ../../common/cli/ScriptFolder.java
//SOURCES ../../common/registry/RegistryOptions.java
//SOURCES pull.java

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

import common.catalog.ImageSetConfiguration;
import common.catalog.PreCacheImages;
import common.catalog.PreCacheSpec;
import common.cli.AtomicFile;
import common.cli.Cli;
import common.cli.ProgressOption;
import common.cli.ScriptFolder;
import common.registry.RegistryOptions;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(name = "main", description = "Make images.txt, the list of all that is staged: release, operators, others.",
        footer = {"", "Examples:", "  jbang main.java --config my-config --authfile pull-secret.json",
            "  jbang main.java --imageset isc.yaml --pull --folder /srv/www/pre-cache"})
class PreCacheMain extends Cli.Command {
    @Option(names = "--config", paramLabel = "DIR", description = "The original's folder: platform.image, "
            + "operators.indexes, operators.packagesAndChannels, additionalImages, excludePrecachePatterns.")
    Path config;

    @Option(names = "--imageset", paramLabel = "FILE", description = "oc-mirror's ImageSetConfiguration.")
    Path imageSet;

    @Option(names = "--default-channel-only", description = "Of --imageset: a package without channels from its default "
            + "channel alone, not from every one.")
    boolean defaultChannelOnly;

    @Option(names = "--release", paramLabel = "VERSION|IMAGE", arity = "1..*", description = "Add a release.")
    List<String> releases = List.of();

    @Option(names = "--arch", description = "Of the releases' tags (default: that of --imageset, or x86_64).")
    String arch;

    @Option(names = "--index", paramLabel = "IMAGE", arity = "1..*", description = "Index images for --packages.")
    List<String> indexes = List.of();

    @Option(names = "--packages", paramLabel = "NAME[:CHANNEL[:VERSION]]", arity = "1..*", description = "Add some.")
    List<String> packages = List.of();

    @Option(names = "--with-dependencies", description = "Also the operators that these require.")
    boolean withDependencies;

    @Option(names = "--add", paramLabel = "IMAGE", arity = "1..*", description = "Add an image.")
    List<String> images = List.of();

    @Option(names = "--exclude-tag", paramLabel = "REGEX", arity = "1..*",
            description = "Not the releases' payload in whose tag name one is found.")
    List<Pattern> excludedTags = List.of();

    @Option(names = "--list", paramLabel = "FILE", description = "The list (default: images.txt beside this script).")
    Path list;

    @Option(names = "--pull", description = "Then pull the list into --folder, as pull.java does.")
    boolean pull;

    @Option(names = "--folder", paramLabel = "DIR", description = "Where the set goes (default: beside this script).")
    Path folder;

    @Mixin
    ProgressOption progress;

    @Mixin
    RegistryOptions registries;

    @Spec
    CommandSpec spec;

    public static void main(String... args) {
        System.exit(Cli.run(new PreCacheMain(), args));
    }

    @Override
    public Integer call() throws IOException {
        Path file = list != null ? list : ScriptFolder.beside(Path.of("container-images/pre-cache/images.txt"));
        Set<String> found = PreCacheImages.of(registries, wanted(), withDependencies, System.out);
        if (found.isEmpty()) {
            throw new Cli.Failure(Cli.USAGE, "nothing to list: give --config, --imageset, --release, --index or --add");
        }
        AtomicFile.write(file, (String.join("\n", found) + "\n").getBytes(StandardCharsets.UTF_8));
        System.out.println("All: " + Cli.count(found.size(), "image") + " in " + file);
        return pull ? pull(file) : Cli.DONE;
    }

    private PreCacheSpec wanted() throws IOException {
        var operators = PreCacheSpec.Operators.of(indexes, packages, "--index and --packages");
        List<PreCacheSpec> all = new ArrayList<>();
        all.add(new PreCacheSpec(releases, arch, operators, images, excludedTags, List.of()));
        all.addAll(config == null ? List.of() : List.of(PreCacheSpec.read(config)));
        all.addAll(imageSet == null ? List.of() : List.of(ImageSetConfiguration.read(imageSet, !defaultChannelOnly)));
        return PreCacheSpec.all(all);
    }

    /** Runs the pull script with those of our options that it has too. */
    private int pull(Path file) {
        PreCachePull script = new PreCachePull();
        var known = new CommandLine(script).getCommandSpec().optionsMap();
        List<String> args = new ArrayList<>(List.of("--list", file.toString()));
        for (var option : spec.commandLine().getParseResult().matchedOptions()) {
            if (known.containsKey(option.longestName()) && !option.longestName().equals("--list")) {
                args.add(option.longestName());
                args.addAll(option.arity().max() == 0 ? List.of() : option.originalStringValues());
            }
        }
        return Cli.run(script, args.toArray(String[]::new));
    }
}

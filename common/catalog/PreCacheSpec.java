package common.catalog;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../release/ReleaseImage.java
//SOURCES Catalog.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.regex.Pattern;

import common.catalog.Catalog.Selection;
import common.cli.Cli;
import common.release.ReleaseImage;

/**
 * What is to be staged.
 *
 * @param releases versions, or release images
 * @param arch as in a release's tag, e.g. x86_64; null: it does not say
 * @param operators from which catalogs which operators
 * @param additionalImages references
 * @param excludedTags payload whose tag name one of these finds is left out
 * @param blocked images whose reference one of these finds are left out
 */
public record PreCacheSpec(List<String> releases, String arch, List<Operators> operators, List<String> additionalImages,
        List<Pattern> excludedTags, List<Pattern> blocked) {
    /**
     * @param indexes index images; a package comes from the first that has it
     * @param selections none: every package
     * @param full every version of every package, when there are no selections
     * @param everyChannel choose as oc-mirror v2: a selection without a channel means all of its package, else the default one
     * @param defaultChannels of packages that get another one than the catalog's
     */
    public record Operators(List<String> indexes, List<Selection> selections, boolean full, boolean everyChannel,
            Map<String, String> defaultChannels) {
        /** None, or one; {@code packages} as {@link Selection#parse} reads them. Half of it is a usage error. */
        public static List<Operators> of(List<String> indexes, List<String> packages, String where) {
            if (indexes.isEmpty() != packages.isEmpty()) {
                throw new Cli.Failure(Cli.USAGE, where + " need each other, and one is empty");
            }
            List<Selection> selections = packages.stream().map(Selection::parse).distinct().toList();
            return indexes.isEmpty() ? List.of() : List.of(new Operators(indexes, selections, false, false,
                    Map.of()));
        }
    }

    /**
     * Reads the original's folder (a ConfigMap of cluster-group-upgrades-operator): {@code platform.image},
     * {@code operators.indexes}, {@code operators.packagesAndChannels} with lines {@code PACKAGE:CHANNEL},
     * {@code additionalImages} and {@code excludePrecachePatterns}; a file that is missing counts as empty.
     */
    public static PreCacheSpec read(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new Cli.Failure(Cli.USAGE, "no folder " + folder + " with platform.image, operators.indexes, "
                    + "operators.packagesAndChannels, additionalImages, excludePrecachePatterns");
        }
        Path patterns = folder.resolve("excludePrecachePatterns");
        return new PreCacheSpec(lines(folder.resolve("platform.image")), null,
                Operators.of(lines(folder.resolve("operators.indexes")),
                        lines(folder.resolve("operators.packagesAndChannels")),
                        folder + ": operators.indexes and operators.packagesAndChannels"),
                lines(folder.resolve("additionalImages")),
                Files.exists(patterns) ? ReleaseImage.patterns(patterns) : List.of(), List.of());
    }

    /** All of them; of several architectures the first counts. */
    public static PreCacheSpec all(List<PreCacheSpec> specs) {
        return new PreCacheSpec(union(specs, PreCacheSpec::releases),
                specs.stream().map(PreCacheSpec::arch).filter(Objects::nonNull).findFirst().orElse(null),
                union(specs, PreCacheSpec::operators), union(specs, PreCacheSpec::additionalImages),
                union(specs, PreCacheSpec::excludedTags), union(specs, PreCacheSpec::blocked));
    }

    private static <T> List<T> union(List<PreCacheSpec> specs, Function<PreCacheSpec, List<T>> part) {
        return specs.stream().flatMap(s -> part.apply(s).stream()).distinct().toList();
    }

    private static List<String> lines(Path file) throws IOException {
        return !Files.exists(file) ? List.of() : Files.readAllLines(file).stream()
                .map(line -> line.replaceFirst("(^|\\s)#.*", "").strip()).filter(line -> !line.isEmpty())
                .distinct().toList();
    }
}

package common;

//SOURCES Json.java
//SOURCES ReleaseImage.java
//SOURCES Catalog.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

import common.Catalog.Selection;

/**
 * What is to be staged.
 *
 * @param releases versions, or release images
 * @param arch as in a release's tag, e.g. x86_64
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
     */
    public record Operators(List<String> indexes, List<Selection> selections, boolean full) {
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
        List<String> indexes = lines(folder.resolve("operators.indexes"));
        List<Selection> packages = lines(folder.resolve("operators.packagesAndChannels")).stream()
                .map(Selection::parse).distinct().toList();
        if (indexes.isEmpty() != packages.isEmpty()) {
            throw new Cli.Failure(folder + ": operators.indexes and operators.packagesAndChannels need each other, and "
                    + "one is empty");
        }
        Path patterns = folder.resolve("excludePrecachePatterns");
        return new PreCacheSpec(lines(folder.resolve("platform.image")), "x86_64",
                indexes.isEmpty() ? List.of() : List.of(new Operators(indexes, packages, false)),
                lines(folder.resolve("additionalImages")),
                Files.exists(patterns) ? ReleaseImage.patterns(patterns) : List.of(), List.of());
    }

    private static List<String> lines(Path file) throws IOException {
        return !Files.exists(file) ? List.of() : Files.readAllLines(file).stream()
                .map(line -> line.replaceFirst("(^|\\s)#.*", "").strip()).filter(line -> !line.isEmpty())
                .distinct().toList();
    }
}

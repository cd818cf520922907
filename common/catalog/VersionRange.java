package common.catalog;

//SOURCES ../cli/Cli.java
//DEPS com.github.zafarkhaja:java-semver:0.10.2

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.github.zafarkhaja.semver.Version;
import common.cli.Cli;

/**
 * A range of versions as operators write it in {@code skipRange} and {@code versionRange}: comparisons with
 * {@code < <= > >= = == != !}, of which all in a row must hold, rows separated by {@code ||}; {@code 1.2.x} stands for
 * every 1.2 (the grammar of github.com/blang/semver, which OLM uses). Unlike npm's ranges these treat a pre-release
 * like any other version, by its precedence; build metadata does not count.
 */
public final class VersionRange {
    private static final Pattern COMPARISON = Pattern.compile(
            "(<=|>=|==|!=|<|>|=|!)?\\s*v?(\\d{1,18}|[xX*])(?:\\.(\\d{1,18}|[xX*]))?(?:\\.(\\d{1,18}|[xX*]))?"
                    + "(?:-([0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*))?(?:\\+[0-9A-Za-z.-]+)?(?=\\s|$)");

    /** At or above {@code from}, below {@code below}; null is open; {@code not} turns it round. */
    private record Part(Version from, Version below, boolean not) {
        boolean contains(Version version) {
            boolean in = (from == null || version.compareToIgnoreBuildMetadata(from) >= 0)
                    && (below == null || version.compareToIgnoreBuildMetadata(below) < 0);
            return in != not;
        }
    }

    private final List<List<Part>> rows = new ArrayList<>();

    /** Throws {@link Cli.Failure} when the text is no range. */
    public VersionRange(String text) {
        for (String row : text.split("\\|\\|", -1)) {
            List<Part> parts = new ArrayList<>();
            Matcher comparison = COMPARISON.matcher(row);
            int end = 0;
            while (comparison.find()) {
                if (!row.substring(end, comparison.start()).isBlank()) {
                    throw new Cli.Failure("not a version range: " + text);
                }
                parts.add(part(comparison));
                end = comparison.end();
            }
            if (parts.isEmpty() || !row.substring(end).isBlank()) {
                throw new Cli.Failure("not a version range: " + text);
            }
            rows.add(parts);
        }
    }

    public boolean contains(Version version) {
        return rows.stream().anyMatch(row -> row.stream().allMatch(p -> p.contains(version)));
    }

    /** A semantic version; empty for anything else. */
    public static Optional<Version> version(String text) {
        return text == null ? Optional.empty() : Version.tryParse(text.startsWith("v") ? text.substring(1) : text);
    }

    private static Part part(Matcher comparison) {
        Version from = from(comparison);
        Version next = next(comparison, from);
        return switch (comparison.group(1) == null ? "=" : comparison.group(1)) {
            case "<" -> new Part(null, from, false);
            case "<=" -> new Part(null, next, false);
            case ">" -> new Part(next, null, false);
            case ">=" -> new Part(from, null, false);
            case "!=", "!" -> new Part(from, next, true);
            default -> new Part(from, next, false);
        };
    }

    private static Version from(Matcher comparison) {
        long[] numbers = new long[3];
        for (int i = 0; i < 3 && number(comparison.group(2 + i)); i++) {
            numbers[i] = Long.parseLong(comparison.group(2 + i));
        }
        return comparison.group(5) == null ? Version.of(numbers[0], numbers[1], numbers[2])
                : Version.of(numbers[0], numbers[1], numbers[2], comparison.group(5));
    }

    /** The lowest version above all that the text stands for. */
    private static Version next(Matcher comparison, Version from) {
        if (!number(comparison.group(2))) {
            return Version.of(Long.MAX_VALUE);
        }
        if (!number(comparison.group(3))) {
            return Version.of(from.majorVersion() + 1);
        }
        if (!number(comparison.group(4))) {
            return Version.of(from.majorVersion(), from.minorVersion() + 1);
        }
        // 0 is the lowest pre-release of the next version, and as one more identifier the lowest above a pre-release
        return from.preReleaseVersion()
                .map(p -> Version.of(from.majorVersion(), from.minorVersion(), from.patchVersion(), p + ".0"))
                .orElseGet(() -> Version.of(from.majorVersion(), from.minorVersion(), from.patchVersion() + 1, "0"));
    }

    private static boolean number(String group) {
        return group != null && Character.isDigit(group.charAt(0));
    }
}

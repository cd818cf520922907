//SOURCES ../common/catalog/Catalog.java
//SOURCES ../common/catalog/MirroredSelection.java
//SOURCES ../common/cli/Cli.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

import common.catalog.Catalog;
import common.catalog.Catalog.Entry;
import common.catalog.Catalog.Selection;
import common.catalog.MirroredSelection;
import common.cli.Cli;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The oracle is written after oc-mirror's documents and the comments of its filter, entry by entry, without its counts. */
@DisplayName("An imageset's selection is that of oc-mirror v2:")
class MirroredCatalogTest {
    private static final int SELECTIONS = 120;

    private final Catalog catalog = new Catalog();
    private final MirroredSelection mirrored = new MirroredSelection(catalog);
    private final Catalog.OperatorPackage lab = catalog.packageOf("lab");

    MirroredCatalogTest() {
        lab.defaultChannel("stable");
    }

    /** An entry is {@code VERSION[>REPLACED][|SKIPPED...]}, each a version. */
    private void channel(String name, String... entries) {
        Map<String, Entry> channel = new TreeMap<>();
        for (String entry : entries) {
            String[] words = entry.split("[>|]");
            boolean replaces = entry.contains(">");
            Set<String> skips = new TreeSet<>();
            Arrays.asList(words).subList(replaces ? 2 : 1, words.length).forEach(s -> skips.add("lab.v" + s));
            channel.put("lab.v" + words[0], new Entry("lab.v" + words[0], replaces ? "lab.v" + words[1] : null, skips, null));
            bundle(words[0]);
        }
        lab.channels.put(name, channel);
    }

    private void bundle(String version) {
        lab.bundles.put("lab.v" + version, new Catalog.Bundle("lab", "lab.v" + version, version, "i", List.of(), List.of(),
                List.of()));
    }

    private String versions(String channel, String min, String max) {
        return String.join(" ", mirrored.select(new Selection("lab", channel, null, min, max, false), null).stream()
                .map(Catalog.Bundle::version).toList());
    }

    @ParameterizedTest(name = "{0} to {1}: {2}")
    @CsvSource(nullValues = "-", value = {
        "1.0.0, -, 1.0.0 1.1.0 1.1.1 1.2.0 1.3.0", "1.1.0, 1.1.0, 1.1.0", "-, 1.1.0, 1.0.0 1.1.0",
        "1.1, 1.2, 1.1.0 1.1.1 1.2.0", "1.1.1, -, 1.1.1 1.2.0 1.3.0", "1.1.1, 1.1.5, 1.1.1 1.2.0",
        "1.3.0-rc.1, -, 1.3.0-rc.1 1.3.0", "1.2.1, 1.3.0, 1.3.0"})
    @DisplayName("the versions between, and what keeps the channel in one piece")
    void ranges(String min, String max, String expected) {
        channel("stable", "1.3.0>1.2.0|1.3.0-rc.1", "1.3.0-rc.1", "1.2.0>1.1.0|1.1.1", "1.1.1>1.1.0", "1.1.0>1.0.0", "1.0.0");
        assertEquals(expected, versions(null, min, max));
    }

    @Test
    @DisplayName("a channel with none of the range is left out, unless it is the default channel")
    void emptyChannel() {
        channel("stable", "2.0.0");
        channel("old", "1.0.0");
        assertEquals("2.0.0", versions(null, "2.0.0", null));
        assertThrows(Cli.Failure.class, () -> versions(null, null, "1.0.0"));
        assertEquals(1, mirrored.select(new Selection("lab", null, null, null, "1.0.0", false), "old").size());
    }

    @Test
    @DisplayName("the default channel is one of those chosen")
    void defaultChannel() {
        channel("stable", "2.0.0");
        channel("old", "1.0.0");
        mirrored.checkDefaultChannel("lab", List.of(), null);
        mirrored.checkDefaultChannel("lab", List.of("old"), "old");
        mirrored.checkDefaultChannel("lab", List.of("old"), null); // a warning
        assertThrows(Cli.Failure.class, () -> mirrored.checkDefaultChannel("lab", List.of("old"), "stable"));
        assertThrows(Cli.Failure.class, () -> mirrored.checkDefaultChannel("lab", List.of(), "beta"));
    }

    @ParameterizedTest(name = "a random channel, seed {0}")
    @ValueSource(longs = {1, 2, 3})
    @DisplayName("120 ranges of a random catalog")
    void random(long seed) {
        Random random = new Random(seed);
        int size = 12 + random.nextInt(20);
        List<String> all = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            all.add("1." + i / 4 + "." + i % 4 + (random.nextInt(6) == 0 ? "-rc.1" : ""));
        }
        List<String> entries = new ArrayList<>();
        List<Integer> chain = new ArrayList<>();
        for (int i = size - 1, next; i >= 0; i = next) { // each skips what lies between it and what it replaces
            chain.add(i);
            next = i - 1 - random.nextInt(3);
            StringBuilder entry = new StringBuilder(all.get(i)).append(next >= 0 ? ">" + all.get(next) : "");
            for (int skipped = i - 1; skipped > Math.max(next, -1); skipped--) {
                entry.append('|').append(all.get(skipped));
                entries.add(all.get(skipped));
            }
            entries.add(entry.toString());
        }
        channel("stable", entries.toArray(String[]::new));
        int nonEmpty = 0;
        for (int i = 0; i < SELECTIONS; i++) {
            int from = random.nextInt(size);
            int to = from + random.nextInt(size - from);
            String min = random.nextInt(4) == 0 ? null : all.get(from);
            String max = min != null && random.nextInt(4) == 0 ? null : all.get(to);
            String expected = oracle(all, chain, min == null ? 0 : from, max == null ? size - 1 : to,
                    (min + " " + max).contains("-"));
            nonEmpty += expected.isEmpty() ? 0 : 1;
            String found = expected.isEmpty() ? assertThrows(Cli.Failure.class, () -> versions(null, min, max)) == null ? "" : ""
                    : versions(null, min, max);
            assertEquals(expected, found, min + " to " + max + " of " + entries);
        }
        assertTrue(nonEmpty > SELECTIONS / 2);
    }

    /**
     * Of the chain: from the lowest link that has every bundle in the range at or below it down to the last that has any;
     * with each link what it skips of the range. A bundle belongs to the lowest link that is it or skips it.
     */
    private static String oracle(List<String> all, List<Integer> chain, int from, int to, boolean preReleases) {
        Set<Integer> wanted = new HashSet<>();
        for (int i = from; i <= to; i++) {
            if (preReleases || !all.get(i).contains("-")) {
                wanted.add(i);
            }
        }
        int highest = -1;
        int lowest = -1;
        for (int link = 0; link < chain.size(); link++) {
            int below = link + 1 < chain.size() ? chain.get(link + 1) : -1;
            for (int i = below + 1; i <= chain.get(link); i++) {
                if (wanted.contains(i)) {
                    highest = highest < 0 ? link : highest;
                    lowest = link;
                }
            }
        }
        Set<Integer> kept = new TreeSet<>();
        for (int link = highest; link >= 0 && link <= lowest; link++) {
            int below = link + 1 < chain.size() ? chain.get(link + 1) : -1;
            for (int i = below + 1; i <= chain.get(link); i++) {
                if (i == chain.get(link) || wanted.contains(i)) {
                    kept.add(i);
                }
            }
        }
        return String.join(" ", kept.stream().map(all::get).toList());
    }
}

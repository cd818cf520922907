package common.catalog;

//SOURCES ../cli/Cli.java
//SOURCES Catalog.java
//SOURCES VersionRange.java

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

import common.catalog.Catalog.Bundle;
import common.catalog.Catalog.Entry;
import common.catalog.Catalog.OperatorPackage;
import common.catalog.Catalog.Selection;
import common.cli.Cli;

/**
 * Chooses of a catalog as oc-mirror v2 does (docs/features/filtering.md there, and sherine-k/catalog-filter,
 * pkg/filter/mirror-config/v1alpha1, which it uses).
 */
public record MirroredSelection(Catalog catalog) {
    /**
     * The same as oc-mirror v2 chooses: what names no channel means every one; of each its head, or with a range the bundles
     * of {@link #range}. A channel without any of the range is left out.
     *
     * @param defaultChannel of the package in what is mirrored, which may not be left out; null: the catalog's
     */
    public List<Bundle> select(Selection wanted, String defaultChannel) {
        OperatorPackage of = catalog.named(wanted.packageName());
        if (of == null || of.channels.isEmpty() || wanted.version() != null || wanted.all()
                || wanted.channel() != null && !of.channels.containsKey(wanted.channel())) {
            return catalog.select(wanted);
        }
        Predicate<String> inRange = inRange(of, wanted.min(), wanted.max());
        Set<Bundle> found = new LinkedHashSet<>();
        for (String channel : wanted.channel() != null ? Set.of(wanted.channel()) : of.channels.keySet()) {
            String head = catalog.head(of, channel);
            if (wanted.headOnly()) {
                found.add(Catalog.bundle(of, channel, head));
                continue;
            }
            Set<String> names = range(of.channels.get(channel), head, inRange);
            if (names.isEmpty() && channel.equals(defaultChannel != null ? defaultChannel : of.defaultChannel())) {
                throw Catalog.unknown("version", wanted.versions(), "the default channel " + channel + " of package " + of.name,
                        of.channels.get(channel).keySet());
            }
            if (names.isEmpty()) {
                Cli.warn("channel " + channel + " of package " + of.name + " has no version " + wanted.versions()
                        + "; it is left out");
            }
            names.stream().map(of.bundles::get).filter(Objects::nonNull).forEach(found::add);
        }
        return found.stream().sorted(Catalog.BY_VERSION).toList();
    }

    /** As Masterminds/semver has it: 1.2 stands for each 1.2; pre-releases count where a limit is one. */
    private static Predicate<String> inRange(OperatorPackage of, String min, String max) {
        String range = (min == null ? "" : ">=" + min) + (max == null ? "" : " <=" + max);
        VersionRange versions = range.isEmpty() ? null : new VersionRange(range);
        return name -> Catalog.version(of, name).filter(v -> versions != null && versions.contains(v)
                && (range.contains("-") || v.preReleaseVersion().isEmpty())).isPresent();
    }

    /**
     * A mirrored package has a default channel: that of the catalog, or another one of those chosen; else this throws
     * {@link Cli.Failure}. Where the catalog's is not chosen and no other named, oc-mirror v2 ends; a server that is staged
     * needs none, so here it is a warning.
     *
     * @param channels those chosen; none: all
     * @param chosen null: the catalog's
     */
    public void checkDefaultChannel(String packageName, Collection<String> channels, String chosen) {
        OperatorPackage of = catalog.named(packageName);
        if (of == null) {
            return; // the selection says so
        }
        Collection<String> there = channels.isEmpty() ? of.channels.keySet() : channels;
        String channel = chosen != null ? chosen : of.defaultChannel();
        if (!channel.isEmpty() && !there.contains(channel)) {
            String what = "package " + packageName + ": the default channel " + channel + " is not among the channels "
                    + String.join(", ", there) + "; set defaultChannel to one of these";
            if (chosen != null) {
                throw new Cli.Failure(what);
            }
            Cli.warn(what + ", which oc-mirror v2 insists on");
        }
    }

    /**
     * The bundles of a channel in the range, and those outside of it that keep the chain of replacements between them in one
     * piece: names, from the head down; empty when none is in the range.
     *
     * @param head the entry that nothing replaces or skips
     * @param inRange whether a bundle of that name is there, with a version in the range
     */
    private static Set<String> range(Map<String, Entry> channel, String head, Predicate<String> inRange) {
        List<Entry> chain = chain(channel, head);
        Map<Entry, Integer> counts = new HashMap<>(); // bundles in the range, at an entry of the chain or below it
        Set<String> seen = new HashSet<>();
        int count = 0;
        for (int i = chain.size() - 1; i >= 0; i--) {
            Entry entry = chain.get(i);
            count += (int) Stream.concat(Stream.of(entry.name()), entry.skips().stream())
                    .filter(name -> inRange.test(name) && seen.add(name)).count();
            counts.put(entry, count);
        }
        Set<String> kept = new LinkedHashSet<>();
        for (int i = 0; i < chain.size() && counts.get(chain.get(i)) > 0; i++) {
            boolean below = i + 1 < chain.size() && counts.get(chain.get(i + 1)) == count;
            if (!below) { // the lowest entry that has all of the range at or below it is the new head
                kept.add(chain.get(i).name());
                chain.get(i).skips().stream().filter(inRange).forEach(kept::add);
            }
        }
        return kept;
    }

    /** An entry that is only named as replaced ends it. */
    private static List<Entry> chain(Map<String, Entry> channel, String head) {
        List<Entry> chain = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (String name = head; name != null && names.add(name);) {
            Entry entry = channel.getOrDefault(name, new Entry(name, null, Set.of(), null));
            chain.add(entry);
            name = entry.replaces();
        }
        return chain;
    }
}

package common.catalog;

//SOURCES Catalog.java
//SOURCES VersionRange.java

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

import common.catalog.Catalog.Bundle;
import common.catalog.Catalog.Requirement;

/** The bundles to stage of a catalog, with what they require of other operators. */
public final class OperatorImages {
    private final Catalog catalog;
    private final Set<Bundle> bundles;
    private final Set<String> followed = new TreeSet<>();
    private final Set<String> unmet = new TreeSet<>();

    /**
     * @param wanted the bundles asked for
     * @param withDependencies add the bundles that they require: of the package, or of the first package by name that
     *     provides the API, the default channel's head if it will do, else the highest version that does
     */
    public OperatorImages(Catalog catalog, Collection<Bundle> wanted, boolean withDependencies) {
        this.catalog = catalog;
        this.bundles = new LinkedHashSet<>(wanted);
        Deque<Bundle> toDo = new ArrayDeque<>(bundles);
        while (!toDo.isEmpty()) {
            Bundle bundle = toDo.remove();
            for (Requirement requirement : bundle.requires()) {
                if (bundles.stream().noneMatch(b -> meets(b, requirement))) {
                    Optional<Bundle> added = withDependencies ? provider(requirement) : Optional.empty();
                    (added.isPresent() ? followed : unmet).add(bundle.name() + " requires " + requirement
                            + added.map(a -> ": " + a.name()).orElse(""));
                    added.ifPresent(a -> {
                        bundles.add(a);
                        toDo.add(a);
                    });
                }
            }
        }
    }

    public Set<Bundle> bundles() {
        return bundles;
    }

    /** Every image once, sorted. */
    public Set<String> images() {
        return bundles.stream().flatMap(Bundle::images).collect(Collectors.toCollection(TreeSet::new));
    }

    /** What was added and why, one line each. */
    public Set<String> followed() {
        return followed;
    }

    /** What is required and not among the bundles, one line each. */
    public Set<String> unmet() {
        return unmet;
    }

    private Optional<Bundle> provider(Requirement requirement) {
        for (Catalog.OperatorPackage of : catalog.packages()) {
            List<Bundle> fitting = of.bundles.values().stream().filter(b -> meets(b, requirement))
                    .sorted(Catalog.BY_VERSION).toList();
            if (!fitting.isEmpty()) {
                Optional<Bundle> head = Optional.of(of.defaultChannel()).filter(of.channels::containsKey)
                        .map(channel -> of.bundles.get(catalog.head(of, channel))).filter(fitting::contains);
                return head.or(() -> Optional.of(fitting.get(fitting.size() - 1)));
            }
        }
        return Optional.empty();
    }

    private static boolean meets(Bundle bundle, Requirement requirement) {
        return requirement.api() != null ? bundle.provides().contains(requirement.api())
                : bundle.packageName().equals(requirement.packageName()) && VersionRange.version(bundle.version())
                        .map(new VersionRange(requirement.versionRange())::contains).orElse(false);
    }
}

package common.catalog;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../oci/ImageList.java
//SOURCES ../registry/RegistryOptions.java
//SOURCES ../release/ReleaseImage.java
//SOURCES CatalogImage.java
//SOURCES OperatorImages.java
//SOURCES PreCacheSpec.java

import java.io.IOException;
import java.io.PrintStream;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;

import common.catalog.PreCacheSpec.Operators;
import common.cli.Cli;
import common.oci.ImageList;
import common.registry.RegistryOptions;
import common.release.ReleaseImage;

/** The one list of a {@link PreCacheSpec}: releases, operators, further images, less what is blocked. */
public final class PreCacheImages {
    private PreCacheImages() {
    }

    /**
     * Asks the registries; every image once, sorted. Throws {@link Cli.Failure} when anything wanted is not there.
     *
     * @param withDependencies also the operators that the wanted ones require
     * @param text what each part came to, one line each
     */
    public static SortedSet<String> of(RegistryOptions from, PreCacheSpec wanted, boolean withDependencies,
            PrintStream text) throws IOException {
        SortedSet<String> images = new TreeSet<>();
        for (String name : wanted.releases()) {
            String arch = Objects.requireNonNullElse(wanted.arch(), "x86_64");
            ReleaseImage release = ReleaseImage.read(from, name, arch);
            SortedSet<String> kept = release.without(wanted.excludedTags()).listed();
            text.printf("Release %s: %d of %s%n", release.version(), kept.size(),
                    Cli.count(release.references().size(), "image"));
            images.addAll(kept);
        }
        for (Operators operators : wanted.operators()) {
            OperatorImages found = CatalogImage.select(from, operators, withDependencies);
            found.followed().forEach(text::println);
            found.unmet().forEach(Cli::warn);
            text.printf("Operators of %s: %s of %s%n", String.join(", ", operators.indexes()),
                    Cli.count(found.images().size(), "image"), Cli.count(found.bundles().size(), "bundle"));
            images.addAll(found.images());
        }
        wanted.additionalImages().forEach(image -> images.add(ImageList.entry(image, "additional images").text()));
        if (images.removeIf(image -> wanted.blocked().stream().anyMatch(p -> p.matcher(image).find()))) {
            text.println("Without those that blockedImages names: " + Cli.count(images.size(), "image"));
        }
        return images;
    }
}

package common.catalog;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/Progress.java
//SOURCES ../registry/RegistryOptions.java
//SOURCES ../registry/RemoteImageReader.java
//SOURCES Catalog.java
//SOURCES FileBasedCatalog.java
//SOURCES MirroredSelection.java
//SOURCES OperatorImages.java
//SOURCES PreCacheSpec.java
//SOURCES SqliteCatalog.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

import common.catalog.Catalog.Bundle;
import common.catalog.Catalog.Selection;
import common.catalog.PreCacheSpec.Operators;
import common.cli.Cli;
import common.cli.Progress;
import common.registry.RegistryOptions;
import common.registry.RemoteImageReader;

/** An operator index image: the catalog in its {@code /configs} or {@code /database/index.db}. */
public final class CatalogImage {
    private static final String PLATFORM = "linux/amd64"; // the catalog is the same on all
    private static final String CONFIGS = "configs";
    private static final String DATABASE = "database/index.db";

    private CatalogImage() {
    }

    /** Chooses from the catalogs what is wanted; a package comes from the first index that has it. */
    public static OperatorImages select(RegistryOptions from, Operators wanted, boolean withDependencies)
            throws IOException {
        Catalog catalog = new Catalog();
        for (String index : wanted.indexes()) {
            catalog.addMissing(read(from, index));
        }
        List<Selection> selections = !wanted.selections().isEmpty() ? wanted.selections() : catalog.packages().stream()
                .map(p -> new Selection(p.name, null, null, null, null, wanted.full())).toList();
        List<Bundle> bundles = new ArrayList<>();
        MirroredSelection mirrored = new MirroredSelection(catalog);
        try {
            for (Selection s : selections) {
                bundles.addAll(!wanted.everyChannel() ? catalog.select(s)
                        : mirrored.select(s, wanted.defaultChannels().get(s.packageName())));
            }
            if (wanted.everyChannel()) {
                checkDefaultChannels(mirrored, wanted);
            }
        } catch (Cli.Failure e) {
            throw new Cli.Failure(e.exitCode, String.join(", ", wanted.indexes()) + ": " + e.getMessage(), e);
        }
        return new OperatorImages(catalog, bundles, withDependencies);
    }

    private static void checkDefaultChannels(MirroredSelection mirrored, Operators wanted) {
        Map<String, Set<String>> channels = new TreeMap<>();
        wanted.selections().stream().filter(s -> s.version() == null).forEach(s -> {
            Set<String> of = channels.computeIfAbsent(s.packageName(), n -> new TreeSet<>());
            Optional.ofNullable(s.channel()).ifPresent(of::add);
        });
        channels.forEach((name, of) -> mirrored.checkDefaultChannel(name, of, wanted.defaultChannels().get(name)));
    }

    /**
     * Streams the image's layers; only a database goes to a temporary file, since SQLite reads nothing else. Throws
     * {@link Cli.Failure} when the image has no catalog; one that has both kinds is read as file-based.
     */
    public static Catalog read(RegistryOptions from, String reference) throws IOException {
        RemoteImageReader image = RemoteImageReader.of(from.registry(), from.conf(), reference, PLATFORM);
        Catalog catalog = new Catalog();
        Path database = Files.createTempFile("index", ".db");
        try (Progress progress = Progress.start("Reading the catalog", -1)) {
            progress.begin(reference);
            image.walk(List.of(CONFIGS, DATABASE), (path, size, content) -> {
                if (path.equals(DATABASE)) {
                    Files.copy(content, database, StandardCopyOption.REPLACE_EXISTING);
                } else if (path.matches(".*\\.(json|ya?ml)")) {
                    FileBasedCatalog.read(content, reference + " /" + path, catalog);
                }
            });
            if (catalog.packages().isEmpty() && Files.size(database) > 0) {
                SqliteCatalog.read(database, reference + " /" + DATABASE, catalog);
            }
        } finally {
            Files.delete(database);
        }
        if (catalog.packages().isEmpty()) {
            throw new Cli.Failure(reference + ": no operator catalog: neither in /" + CONFIGS + " nor in /" + DATABASE);
        }
        return catalog;
    }
}

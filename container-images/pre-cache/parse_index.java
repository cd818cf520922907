///usr/bin/env LC_ALL=C.UTF-8 jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES ../../common/cli/Json.java
//SOURCES ../../common/catalog/Catalog.java
//SOURCES ../../common/catalog/FileBasedCatalog.java
//SOURCES ../../common/catalog/OperatorImages.java
//SOURCES ../../common/cli/Cli.java

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;

import common.catalog.Catalog;
import common.catalog.Catalog.Bundle;
import common.catalog.Catalog.Selection;
import common.catalog.FileBasedCatalog;
import common.catalog.OperatorImages;
import common.cli.Cli;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Which images do the operators of a rendered catalog need? In the place of the original's parse_index.py. */
@Command(name = "parse_index",
        description = "Append the images of operators to a list, from a catalog that \"opm render\" wrote.",
        footer = {"", "Example, with a line PACKAGE:CHANNEL for each operator:",
            "  jbang parse_index.java index.json operators.packagesAndChannels images.txt"})
class ParseIndex extends Cli.Command {
    @Parameters(index = "0", paramLabel = "RENDERED_INDEX", description = "Output of opm render, JSON or YAML.")
    Path index;

    @Parameters(index = "1", paramLabel = "OPERATORS_SPEC",
            description = "A line PACKAGE[:CHANNEL[:VERSION]] for each operator.")
    Path operators;

    @Parameters(index = "2", paramLabel = "IMAGES_FILE", description = "Where the images are appended.")
    Path images;

    public static void main(String... args) {
        System.exit(Cli.run(new ParseIndex(), args));
    }

    @Override
    public Integer call() throws IOException {
        Catalog catalog = new Catalog();
        try (InputStream in = Files.newInputStream(index)) {
            FileBasedCatalog.read(in, index.toString(), catalog);
        }
        List<Bundle> bundles = Selection.read(operators).stream().flatMap(s -> catalog.select(s).stream()).toList();
        OperatorImages found = new OperatorImages(catalog, bundles, false);
        found.unmet().forEach(Cli::warn);
        Set<String> references = found.images();
        // the original's tools end the file without a newline
        boolean open = Files.exists(images) && !Files.readString(images).matches("(?s)(.*\n)?");
        Files.writeString(images, (open ? "\n" : "") + String.join("\n", references) + "\n",
                StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        System.err.printf("Operators: %s of %s appended to %s%n", Cli.count(references.size(), "image"),
                Cli.count(bundles.size(), "bundle"), images);
        return Cli.DONE;
    }
}

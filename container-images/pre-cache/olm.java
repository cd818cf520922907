///usr/bin/env LC_ALL=C.UTF-8 jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES ../../common/cli/Json.java
//SOURCES ../../common/catalog/Catalog.java
//SOURCES ../../common/catalog/CatalogImage.java
//SOURCES ../../common/catalog/OperatorImages.java
//SOURCES ../../common/catalog/PreCacheSpec.java
//SOURCES ../../common/cli/AtomicFile.java
//SOURCES ../../common/cli/Cli.java
//SOURCES ../../common/cli/JsonOption.java
//SOURCES ../../common/registry/RegistryOptions.java

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

import com.fasterxml.jackson.databind.node.ObjectNode;
import common.catalog.Catalog.Bundle;
import common.catalog.CatalogImage;
import common.catalog.OperatorImages;
import common.catalog.PreCacheSpec;
import common.catalog.PreCacheSpec.Operators;
import common.cli.AtomicFile;
import common.cli.Cli;
import common.cli.Json;
import common.cli.JsonOption;
import common.registry.RegistryOptions;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which images do operators need? Reads the catalog out of its index image; needs neither opm nor podman. */
@Command(name = "olm", description = "List the images of operators, straight from their catalog's index image.",
        footer = {"", "Examples:",
            "  jbang olm.java --index registry.redhat.io/redhat/redhat-operator-index:v4.10 \\",
            "      --packages local-storage-operator ptp-operator:stable \\",
            "      sriov-network-operator:4.10:4.10.1",
            "  jbang olm.java --config my-config --with-dependencies"})
class Olm extends Cli.Command {
    @ArgGroup(multiplicity = "1")
    Wanted wanted;

    static class Wanted {
        @ArgGroup(exclusive = false)
        Named named;

        @Option(names = "--config", paramLabel = "DIR", description = "The original's folder: operators.indexes and "
                + "operators.packagesAndChannels.")
        Path config;
    }

    static class Named {
        @Option(names = "--index", arity = "1..*", required = true, paramLabel = "IMAGE",
                description = "Index images; a package comes from the first that has it.")
        List<String> indexes;

        @Option(names = "--packages", arity = "1..*", required = true, paramLabel = "NAME[:CHANNEL[:VERSION]]",
                description = "Operators: that version, or the head of the channel, by default of the default channel.")
        List<String> packages;
    }

    @Option(names = "--with-dependencies", description = "Also the operators that these require; else a warning "
            + "names them.")
    boolean withDependencies;

    @Option(names = "--output", paramLabel = "FILE", description = "Write the list there too.")
    Path output;

    @Mixin
    JsonOption json;

    @Mixin
    RegistryOptions registries;

    public static void main(String... args) {
        System.exit(Cli.run(new Olm(), args));
    }

    @Override
    public Integer call() throws IOException {
        List<Operators> operators = wanted.config != null ? PreCacheSpec.read(wanted.config).operators()
                : Operators.of(wanted.named.indexes, wanted.named.packages, "--index and --packages");
        if (operators.isEmpty()) {
            throw new Cli.Failure(Cli.USAGE, wanted.config + ": no operators.indexes, or it is empty");
        }
        OperatorImages found = CatalogImage.select(registries, operators.get(0), withDependencies);
        found.followed().forEach(System.err::println);
        found.unmet().forEach(Cli::warn);
        Set<String> images = found.images();
        if (output != null) {
            AtomicFile.write(output, (String.join("\n", images) + "\n").getBytes(StandardCharsets.UTF_8));
        }
        System.err.println("Operators: " + Cli.count(images.size(), "image") + " of "
                + Cli.count(found.bundles().size(), "bundle")
                + (output == null ? "" : " in " + output));
        json.print(document(found));
        if (!json.isOn()) {
            images.forEach(System.out::println);
        }
        return Cli.DONE;
    }

    private static ObjectNode document(OperatorImages found) {
        ObjectNode document = Json.object();
        for (Bundle bundle : found.bundles()) {
            ObjectNode node = document.withArray("bundles").addObject().put("package", bundle.packageName())
                    .put("name", bundle.name()).put("version", bundle.version()).put("image", bundle.image());
            bundle.relatedImages().forEach(node.putArray("relatedImages")::add);
        }
        found.images().forEach(document.putArray("images")::add);
        found.unmet().forEach(document.putArray("unmet")::add);
        return document;
    }
}

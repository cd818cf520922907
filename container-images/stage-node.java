///usr/bin/env LC_ALL=C.UTF-8 jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/JsonOption.java
//SOURCES ../common/cli/ScriptFolder.java
//SOURCES ../common/inventory/Inventory.java
//SOURCES ../common/node/NodeBundle.java
//SOURCES ../common/release/ReleaseModel.java
//SOURCES ../common/release/ReleaseVersion.java

import java.io.IOException;
import java.lang.module.ModuleDescriptor.Version;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.cli.Json;
import common.cli.JsonOption;
import common.cli.ScriptFolder;
import common.inventory.Inventory;
import common.node.NodeBundle;
import common.release.ReleaseModel;
import common.release.ReleaseVersion;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "stage-node", description = "Makes node.tar: a Java runtime and the scripts that a node without Java "
        + "runs. curl-all unpacks it to node/ on the data partition.",
        footer = {"", "Examples, the second for a node with the glibc of Debian 12:",
            "  jbang stage-node.java /srv/www/container-images",
            "  jbang stage-node.java /srv/www/container-images --target-glibc 2.36"})
class StageNode extends Cli.Command {
    static final List<String> ON_NODE = List.of("container-images/images-4.10.3/extract-initial-4.10.3.java",
            "container-images/ocp-images-4.10.3/extract-ocp-4.10.3.java", "container-images/verify.java",
            "container-images/registry.java", "container-images/curl-all.java", "container-images/stage-server.java",
            "create-gpt-partition.java");

    @Parameters(paramLabel = "FOLDER", description = "container-images of the factory server.")
    Path folder;

    @Option(names = "--script", arity = "1..*", paramLabel = "PATH", description = "These scripts instead of "
            + "extract-initial, extract-ocp, verify, registry, curl-all, stage-server and create-gpt-partition.")
    List<Path> scripts = List.of();

    @Option(names = "--jdk", paramLabel = "DIR",
            description = "Link the runtime from this JDK (default: the installed one that asks for the oldest glibc).")
    Path jdk;

    @Option(names = "--release", paramLabel = "VERSION", converter = ReleaseVersion.class,
            description = "The oldest OpenShift whose nodes are to run it (default: what FOLDER has, else 4.10).")
    ReleaseModel release;

    @Option(names = "--target-glibc", paramLabel = "VERSION",
            description = "The node's glibc (default: the release's, 2.28 up to 4.12, 2.34 after).")
    String glibc;

    @Mixin
    JsonOption json;

    public static void main(String... args) {
        System.exit(Cli.run(new StageNode(), args));
    }

    @Override
    public Integer call() throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new Cli.Failure("no folder " + folder + "; name container-images of the factory server");
        }
        if (glibc != null && !glibc.matches("\\d+(\\.\\d+)+")) {
            throw new Cli.Failure(Cli.USAGE, "--target-glibc: a version such as 2.28, not " + glibc);
        }
        scripts.stream().filter(s -> !Files.isRegularFile(s)).findFirst().ifPresent(s -> {
            throw new Cli.Failure(Cli.USAGE, "--script: no file " + s);
        });
        Path repository = ScriptFolder.beside(Path.of("container-images/curl-all.java")).toRealPath().getParent()
                .getParent();
        Stream<Path> chosen = scripts.isEmpty() ? ON_NODE.stream().map(repository::resolve) : scripts.stream();
        NodeBundle bundle = new NodeBundle(repository.resolve("jbang"), chosen.toList());
        NodeBundle.Staged staged = bundle.stage(folder, jdk, target());

        ObjectNode about = staged.about();
        json.text().printf(Locale.ROOT, "%s: %s, %.1f MB, Java %s, runs on glibc %s and newer%n", staged.file(),
                staged.built() ? "made" : "unchanged", Files.size(staged.file()) / 1e6, about.path("java").asText(),
                about.path("glibc").asText());
        json.print(Json.object().put("file", staged.file().toString()).put("bytes", Files.size(staged.file()))
                .put("built", staged.built()).setAll(about));
        return Cli.DONE;
    }

    Version target() throws IOException {
        return Version.parse(glibc != null ? glibc : (release != null ? release : served()).glibc());
    }

    /** The oldest release that the folder has images of. */
    private ReleaseModel served() throws IOException {
        Path inventory = folder.resolve(Inventory.FILE);
        return !Files.exists(inventory) ? ReleaseModel.OLDEST : ReleaseModel.ofOldest(
                Inventory.parse(Files.readAllBytes(inventory), inventory.toString()).releases());
    }
}

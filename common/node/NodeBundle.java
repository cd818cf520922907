package common.node;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/FileTree.java
//SOURCES ../inventory/Inventory.java
//SOURCES ../oci/Digest.java
//SOURCES ../oci/DiskNames.java
//SOURCES ClassArchive.java
//SOURCES JavaRuntime.java
//SOURCES NodeTar.java
//SOURCES ScriptJar.java

import java.io.IOException;
import java.lang.module.ModuleDescriptor.Version;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.cli.FileTree;
import common.cli.Json;
import common.inventory.Inventory;
import common.oci.Digest;
import common.oci.DiskNames;

/**
 * What a node without Java needs to run our scripts, as one file node.tar. It has no times and no owners: the same
 * scripts and the same JDK give the same bytes.
 *
 * <pre>
 * node.json        what it was made of
 * bin/NAME         a POSIX shell script for each of our scripts
 * jre/             the Java runtime
 * lib/*.jar        the scripts and all that they depend on, once
 * lib/scripts.jsa  their classes, to start faster
 * </pre>
 */
public final class NodeBundle {
    private static final String ABOUT = "node.json";

    private final Path jbang;
    private final List<Path> scripts;

    /**
     * @param jbang the launcher that exports the scripts
     * @param scripts the script files
     */
    public NodeBundle(Path jbang, List<Path> scripts) {
        this.jbang = jbang;
        this.scripts = scripts;
    }

    /** {@code about} is node.json; {@code built} is false when what was there is of the same scripts and Java. */
    public record Staged(Path file, ObjectNode about, boolean built) {
    }

    /**
     * Makes FOLDER/node.tar and enters it in the inventory.
     *
     * @param home the JDK to link the runtime from; null: the installed one that runs on the oldest glibc
     * @param target the node's glibc; a runtime that needs a newer one is a {@link Cli.Failure}
     */
    public Staged stage(Path folder, Path home, Version target) throws IOException {
        List<JavaRuntime> jdks = jdks(home, target);
        Path temp = Files.createTempDirectory("node-bundle-");
        try {
            Path node = Files.createDirectory(temp.resolve("node"));
            List<ScriptJar> jars = export(node, temp);
            JavaRuntime jdk = fitting(jdks, jars.stream().mapToInt(ScriptJar::java).max().orElse(0));
            ObjectNode about = about(jdk, jars, node);
            Path tar = folder.resolve(DiskNames.NODE_TAR);
            boolean build = !NodeTar.read(tar, ABOUT).map(there -> Json.parse(there, tar.toString()))
                    .equals(Optional.of(about));
            if (build) {
                JavaRuntime runtime = jdk.link(node.resolve("jre"));
                if (runtime.glibc().compareTo(target) > 0) {
                    throw tooNew(runtime, target);
                }
                if (!runtime.libraries().isEmpty()) {
                    Cli.warn("the runtime needs on the node, beside glibc: " + String.join(", ", runtime.libraries()));
                }
                ClassArchive.make(node, jars.stream().map(ScriptJar::mainClass).toList(),
                        jars.stream().filter(ScriptJar::serves).map(ScriptJar::mainClass).toList(),
                        Files.createTempDirectory(temp, "classes-"));
                Files.write(node.resolve(ABOUT), Json.pretty(about));
                NodeTar.pack(node, tar);
            }
            Inventory.enter(folder, DiskNames.NODE_TAR, "node");
            return new Staged(tar, about, build);
        } finally {
            FileTree.delete(temp);
        }
    }

    private List<ScriptJar> export(Path node, Path temp) throws IOException {
        Path lib = Files.createDirectory(node.resolve("lib"));
        Path bin = Files.createDirectory(node.resolve("bin"));
        List<ScriptJar> jars = new ArrayList<>();
        for (Path script : scripts) {
            ScriptJar jar = ScriptJar.export(jbang, script, lib, Files.createTempDirectory(temp, "export-"));
            Path launcher = Files.write(bin.resolve(jar.name()), jar.launcher());
            if (!launcher.toFile().setExecutable(true, false)) {
                throw new Cli.Failure("cannot make " + launcher + " executable");
            }
            jars.add(jar);
        }
        return jars;
    }

    /** Those that the runtime may come from, the best first. */
    private static List<JavaRuntime> jdks(Path home, Version target) throws IOException {
        if (home != null && !JavaRuntime.hasJlink(home.toAbsolutePath())) {
            throw new Cli.Failure(Cli.USAGE, "--jdk " + home + ": no JDK with jlink and modules to link");
        }
        List<JavaRuntime> jdks = home == null ? JavaRuntime.installed()
                : List.of(JavaRuntime.at(home.toAbsolutePath()));
        if (jdks.isEmpty()) {
            throw new Cli.Failure(Cli.MISSING, "no JDK with jlink below /usr/lib/jvm; name one with --jdk");
        }
        List<JavaRuntime> old = jdks.stream().filter(j -> j.glibc().compareTo(target) <= 0).toList();
        if (old.isEmpty()) {
            throw tooNew(jdks.get(0), target);
        }
        return old;
    }

    /** Scripts that JBang compiled with a newer JDK do not run on an older one's runtime. */
    private static JavaRuntime fitting(List<JavaRuntime> jdks, int java) {
        return jdks.stream().filter(j -> j.feature() >= java).findFirst().orElseThrow(() -> new Cli.Failure(Cli.MISSING,
                "the scripts were compiled for Java " + java + ", and the JDK old enough for the node's glibc is "
                + jdks.get(0).described() + "; set JAVA_HOME to that one, jbang cache clear, and run this again"));
    }

    private static Cli.Failure tooNew(JavaRuntime jdk, Version target) {
        return new Cli.Failure(Cli.MISSING, "the node's glibc is " + target + " (--release, --target-glibc), and the JDK that "
                + "asks for least is " + jdk.described() + "; unpack an Eclipse Temurin JDK (glibc 2.17) "
                + "below /usr/lib/jvm, or name one with --jdk");
    }

    private ObjectNode about(JavaRuntime jdk, List<ScriptJar> jars, Path node) throws IOException {
        ObjectNode about = Json.object().put("java", jdk.version()).put("vendor", jdk.vendor())
                .put("glibc", jdk.glibc().toString());
        jars.forEach(j -> about.withArray("scripts").add(j.name()));
        ObjectNode files = about.putObject("files"); // launchers and jars: with the JDK all that the tar depends on
        Map<String, Path> sorted = new TreeMap<>();
        for (String folder : List.of("bin", "lib")) {
            try (Stream<Path> in = Files.list(node.resolve(folder))) {
                in.forEach(f -> sorted.put(node.relativize(f).toString(), f));
            }
        }
        for (Map.Entry<String, Path> file : sorted.entrySet()) {
            files.put(file.getKey(), Digest.of(file.getValue()).hex());
        }
        about.put("jlink", String.join(" ", jdk.jlink(Path.of("jre")).subList(1, jdk.jlink(Path.of("jre")).size())));
        return about;
    }
}

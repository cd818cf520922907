package common.node;

//SOURCES ../cli/Cli.java
//SOURCES ../cli/Proc.java
//SOURCES ClassArchive.java

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

import common.cli.Cli;
import common.cli.Proc;

/**
 * A script as {@code jbang export portable} makes it: a jar, and what it depends on in {@code lib/} beside it. Written
 * anew so that both are in one folder and the same sources give the same bytes.
 *
 * @param name the script's name without the release it is for: extract-initial
 * @param mainClass the class to start
 * @param java the Java version that its classes need, e.g. 17
 */
public record ScriptJar(String name, String mainClass, int java) {
    private static final LocalDateTime NO_TIME = LocalDateTime.of(1980, 1, 1, 0, 0);
    private static final int CLASS_VERSION = 44; // of Java 1: a class file of Java 17 says 61
    /** Only what runs five times as often as by default is compiled: compiling was half of a pull's CPU time. */
    private static final String COMPILE = "-XX:CompileThresholdScaling=5";
    /** A script that stays is to take little of a node's memory: beside the heap it is glibc's and the compiler's. */
    private static final Map<String, String> STAYS =
            Map.of("registry", " -Xmx32m -Xmn6m -XX:TieredStopAtLevel=1");

    /** The name of a script file without folder, release and suffix. */
    public static String name(Path script) {
        return script.getFileName().toString().replaceFirst("\\.java$", "").replaceFirst("-\\d+\\.\\d+\\.\\d+.*$", "");
    }

    /**
     * Builds a script, and leaves its jar and those it depends on in a folder that may have others.
     *
     * @param jbang the launcher
     * @param lib gets NAME.jar and the jars of libraries
     * @param temp an empty folder, for what JBang writes
     */
    public static ScriptJar export(Path jbang, Path script, Path lib, Path temp) throws IOException {
        Path exported = temp.resolve("script.jar");
        Proc.of(jbang.toString(), "export", "portable", "-O", exported.toString(), script.toString()).check();
        for (Path library : list(temp.resolve("lib"))) {
            Path target = lib.resolve(library.getFileName());
            if (!Files.exists(target)) {
                Files.copy(library, target);
            } else if (Files.mismatch(library, target) >= 0) {
                throw new Cli.Failure(script + ": two libraries are named " + library.getFileName());
            }
        }
        String name = name(script);
        Path jar = lib.resolve(name + ".jar");
        if (Files.exists(jar)) {
            throw new Cli.Failure(Cli.USAGE, script + ": two scripts, or a script and a library, are named " + name);
        }
        int java = rewrite(exported, jar);
        try (JarFile made = new JarFile(jar.toFile())) {
            return new ScriptJar(name, made.getManifest().getMainAttributes().getValue(Attributes.Name.MAIN_CLASS), java);
        }
    }

    private static List<Path> list(Path folder) throws IOException {
        List<Path> files = new ArrayList<>();
        if (Files.exists(folder)) {
            try (var found = Files.newDirectoryStream(folder)) {
                found.forEach(files::add);
            }
        }
        return files;
    }

    /** Without times, Maven's files and the folder of libraries; returns the Java version of its classes. */
    private static int rewrite(Path from, Path to) throws IOException {
        int java = 0;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JarFile jar = new JarFile(from.toFile()); JarOutputStream out = new JarOutputStream(bytes)) {
            Attributes old = jar.getManifest().getMainAttributes();
            if (old.get(Attributes.Name.MAIN_CLASS) == null) { // two builds of one script at a time break each other
                throw new Cli.Failure(to.getFileName() + ": JBang exported it without a main class; run this again, "
                        + "and nothing else that builds it meanwhile");
            }
            Manifest manifest = new Manifest();
            manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
            manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, old.get(Attributes.Name.MAIN_CLASS));
            ByteArrayOutputStream text = new ByteArrayOutputStream();
            manifest.write(text);
            entry(out, JarFile.MANIFEST_NAME, text.toByteArray());
            Map<String, byte[]> entries = new TreeMap<>();
            for (JarEntry e : jar.stream().toList()) {
                String name = e.getName();
                if (!e.isDirectory() && !name.startsWith("META-INF/maven/") && !name.equals(JarFile.MANIFEST_NAME)) {
                    entries.put(name, jar.getInputStream(e).readAllBytes());
                }
            }
            for (Map.Entry<String, byte[]> e : entries.entrySet()) {
                entry(out, e.getKey(), e.getValue());
                if (e.getKey().endsWith(".class")) {
                    java = Math.max(java, (e.getValue()[7] & 0xff) - CLASS_VERSION);
                }
            }
        }
        Files.write(to, bytes.toByteArray());
        return java;
    }

    private static void entry(JarOutputStream out, String name, byte[] content) throws IOException {
        JarEntry entry = new JarEntry(name);
        entry.setTimeLocal(NO_TIME);
        out.putNextEntry(entry);
        out.write(content);
        out.closeEntry();
    }

    /** A script that stays and answers, until it is ended. */
    boolean serves() {
        return STAYS.containsKey(name);
    }

    /**
     * The program that starts it in the bundle: a POSIX shell may be given it, so that it needs no exec permission. Each
     * script has all jars as its class path, since an archive of classes is for one class path.
     */
    public byte[] launcher() {
        return ("""
                #!/bin/sh
                # %s, with the Java of this folder: /usr/bin/bash %1$s --help
                node=$(dirname "$(dirname "$(readlink -f "$0")")")
                export LC_ALL=C.UTF-8 # systemd gives none, and names would be ASCII only
                jars=$(printf ':%%s' "$node"/lib/*.jar)
                %2$sexec "$node/jre/bin/java" %4$s \\
                    -XX:SharedArchiveFile="$node/lib/%5$s" -Xlog:disable %3$s \\
                    -cp "${jars#:}" %6$s "$@"
                """).formatted(name, serves() ? "MALLOC_ARENA_MAX=1 " : "",
                COMPILE + STAYS.getOrDefault(name, ""), String.join(" ", ClassArchive.JVM), ClassArchive.FILE, mainClass)
                .getBytes(StandardCharsets.UTF_8);
    }
}

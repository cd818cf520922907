//SOURCES ../common/cli/Cli.java

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import common.cli.Cli;

/** The checkout under test: the nearest folder at or above the current one that holds the launcher and the tests. */
final class Repository {
    static final Path ROOT = root(Path.of("").toAbsolutePath());
    static final Path LAUNCHER = ROOT.resolve("jbang");

    /** What is not source: history, and what pull scripts and the lab leave beside themselves. */
    private static final Set<String> NOT_SOURCE = Set.of(".git", "blobs", "target");

    private Repository() {
    }

    /** All source files, sorted. */
    static List<Path> files() {
        List<Path> files = new ArrayList<>();
        try {
            Files.walkFileTree(ROOT, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                    boolean skip = NOT_SOURCE.contains(folder.getFileName().toString());
                    return skip ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    files.add(file);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        files.sort(null);
        return files;
    }

    /** All that can be started: the Java files whose first line makes them executable. */
    static List<Path> scripts() {
        return javaFiles().stream().filter(f -> text(f).startsWith("///usr/bin/env ")).toList();
    }

    static List<Path> javaFiles() {
        return files().stream().filter(f -> f.toString().endsWith(".java")).toList();
    }

    static String text(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8); // a stray archive is no error here
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path root(Path folder) {
        for (Path f = folder; f != null; f = f.getParent()) {
            if (Files.isExecutable(f.resolve("jbang")) && Files.exists(f.resolve("tests/run_tests.java"))) {
                return f;
            }
        }
        throw new Cli.Failure("not inside a checkout: " + folder + "; change to the folder of this repository");
    }
}

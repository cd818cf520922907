package common.node;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/Proc.java
//SOURCES ElfFile.java

import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.lang.module.ModuleDescriptor.Version;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import common.cli.Cli;
import common.cli.Proc;

/**
 * An installed JDK, or the runtime that its jlink made.
 *
 * @param version as its file {@code release} says, e.g. 17.0.15
 * @param vendor likewise, e.g. Temurin-25.0.3+9; may be empty
 * @param glibc the oldest glibc that can run it
 * @param libraries what it needs beside glibc and itself, e.g. libz.so.1
 */
public record JavaRuntime(Path home, String version, String vendor, Version glibc, Set<String> libraries) {
    /** What our scripts use. jdeps drags in java.desktop, and misses jdk.crypto.ec: no ECDHE, no Ed25519 without. */
    private static final String MODULES = "java.base,java.logging,java.naming,java.sql,java.xml,java.management,"
            + "java.security.jgss,jdk.unsupported,jdk.crypto.ec";
    private static final Path INSTALLED = Path.of("/usr/lib/jvm");
    /** glibc's own, which every node has. */
    private static final String GLIBC = "(ld-linux.*|lib(c|m|dl|rt|pthread|resolv|util))\\.so\\.\\d+";

    /** Reads what is in a folder; throws {@link Cli.Failure} when that is no Java. */
    public static JavaRuntime at(Path home) throws IOException {
        Properties release = new Properties();
        Path file = home.resolve("release");
        if (!Files.exists(file)) {
            throw new Cli.Failure(home + ": no JDK, it has no file release");
        }
        release.load(new StringReader(Files.readString(file)));
        Version glibc = null;
        Set<String> needed = new TreeSet<>();
        Set<String> own = new HashSet<>();
        for (Path library : files(home)) {
            own.add(library.getFileName().toString());
            ElfFile elf = ElfFile.read(library).orElse(new ElfFile(List.of(), null));
            glibc = ElfFile.higher(glibc, elf.glibc());
            needed.addAll(elf.libraries());
        }
        if (glibc == null) {
            throw new Cli.Failure(home + ": has no programs for glibc");
        }
        needed.removeIf(l -> own.contains(l) || l.matches(GLIBC));
        return new JavaRuntime(home, word(release, "JAVA_VERSION"), word(release, "IMPLEMENTOR_VERSION"), glibc,
                needed);
    }

    /** The JDKs in /usr/lib/jvm and JAVA_HOME that have jlink and what it links, those of the oldest glibc first. */
    public static List<JavaRuntime> installed() throws IOException {
        List<Path> homes = new ArrayList<>();
        if (System.getenv("JAVA_HOME") != null) {
            homes.add(Path.of(System.getenv("JAVA_HOME")));
        }
        if (Files.isDirectory(INSTALLED)) {
            try (Stream<Path> folders = Files.list(INSTALLED)) {
                folders.sorted().forEach(homes::add);
            }
        }
        Set<Path> seen = new HashSet<>();
        List<JavaRuntime> found = new ArrayList<>();
        for (Path home : homes) {
            if (Files.exists(home.resolve("release")) && seen.add(home.toRealPath()) && hasJlink(home)) {
                found.add(at(home));
            }
        }
        found.sort(Comparator.comparing(JavaRuntime::glibc));
        return found;
    }

    /** Whether jlink is there with modules to link: as jmods, or since 24 (JEP 493) perhaps the JDK itself. */
    static boolean hasJlink(Path home) {
        Path jlink = home.resolve("bin/jlink");
        return Files.isExecutable(jlink) && (Files.exists(home.resolve("jmods/java.base.jmod"))
                || Proc.of(jlink.toString(), "--help").run().out().contains("run-time image enabled"));
    }

    /** E.g. 17. */
    public int feature() {
        return Integer.parseInt(version.split("\\D")[0]);
    }

    /** What may be said of it: "Temurin-25.0.3+9 in /usr/lib/jvm/temurin-25-jdk-amd64, glibc 2.17". */
    public String described() {
        return (vendor.isEmpty() ? "Java " + version : vendor) + " in " + home + ", glibc " + glibc
                + (libraries.isEmpty() ? "" : " and " + String.join(", ", libraries));
    }

    /** Links a runtime with the modules that our scripts use. */
    public JavaRuntime link(Path folder) throws IOException {
        Proc.of(jlink(folder)).check();
        return at(folder);
    }

    List<String> jlink(Path folder) {
        return List.of(home.resolve("bin/jlink").toString(), "--add-modules", MODULES, "--strip-java-debug-attributes",
                "--no-header-files", "--no-man-pages", "--exclude-files", "**/classlist,**/jrt-fs.jar",
                "--compress", feature() < 21 ? "2" : "zip-9", "--output", folder.toString());
    }

    private static List<Path> files(Path home) {
        try (Stream<Path> files = Stream.of("bin", "lib").map(home::resolve).filter(Files::isDirectory)
                .flatMap(JavaRuntime::walk)) {
            return files.filter(f -> Files.isRegularFile(f, LinkOption.NOFOLLOW_LINKS)).collect(Collectors.toList());
        }
    }

    private static Stream<Path> walk(Path folder) {
        try {
            return Files.walk(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String word(Properties release, String name) {
        return release.getProperty(name, "").replace("\"", "");
    }
}

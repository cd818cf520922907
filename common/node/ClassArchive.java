package common.node;

//SOURCES ../cli/Proc.java
//SOURCES NodeTar.java
//SOURCES TrialServer.java

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import common.cli.Proc;

/**
 * The classes of a bundle's scripts as the Java runtime has them in memory (class data sharing; java(1), "Application
 * class data sharing"): a script starts in half the time, in a quarter on an emulated node. An archive that does not fit,
 * since a jar or the heap's layout is another, is not used, and all works without.
 */
final class ClassArchive {
    static final String FILE = "scripts.jsa";
    /** The options that the archive and who uses it must have in common. */
    static final List<String> JVM = List.of("-XX:+UseSerialGC", "-XX:-UsePerfData");

    /** What is thrown where threads meet, and so not in each run. */
    private static final Pattern CAUGHT = Pattern.compile("(java|jdk|sun)/\\S+(Exception|Error)");

    /** What only few of them load depends on which thread was faster, or on a second that went by: the others decide. */
    private static final int TRIALS = 3;

    private ClassArchive() {
    }

    /**
     * Makes lib/scripts.jsa of what the scripts load for their help, and one that serves for its answers; the same jars
     * and runtime give the same bytes. The jars get the time that {@link NodeTar} gives them, which an archive holds.
     *
     * @param node a folder with jre and lib
     * @param scripts the classes to start
     * @param servers those of them that answer until they are ended
     * @param temp an empty folder
     */
    static void make(Path node, List<String> scripts, List<String> servers, Path temp)
            throws IOException {
        String classPath = classPath(node);
        List<String> java = new ArrayList<>(List.of(node.resolve("jre/bin/java").toString(), "-Xlog:disable"));
        java.addAll(JVM);
        SortedSet<String> classes = new TreeSet<>(Comparator.comparing((String l) -> l.startsWith("@"))
                .thenComparing(Comparator.naturalOrder())); // the order in which threads load is another in each run
        for (String script : scripts) {
            Path list = temp.resolve(script + ".classes");
            List<String> start = argv(java, "-XX:DumpLoadedClassList=" + list, "-cp", classPath, script);
            Proc.of(argv(start, "--help")).in(node).check();
            read(list).forEach(classes::add);
            if (servers.contains(script)) {
                Map<String, Integer> seen = new HashMap<>();
                for (int trial = 0; trial < TRIALS; trial++) {
                    new TrialServer(Files.createDirectory(temp.resolve(script + trial))).run(node, start);
                    read(list).filter(l -> !CAUGHT.matcher(l).matches()).distinct().forEach(l -> seen.merge(l, 1, Integer::sum));
                }
                seen.forEach((line, times) -> classes.addAll(times > TRIALS / 2 ? List.of(line) : List.of()));
            }
        }
        Path list = Files.write(temp.resolve("classes"), classes);
        Proc.of(argv(java, "-Xshare:dump", "-XX:SharedClassListFile=" + list,
                "-XX:SharedArchiveFile=" + Path.of("lib", FILE), "-cp", classPath)).in(node).check();
    }

    private static Stream<String> read(Path list) throws IOException {
        // Each class has a number of that run, for those of other class loaders: none in a list of several runs. What
        // of a constant pool was resolved, of which Java 24 and later write lines, depends on which thread was faster.
        return Files.readAllLines(list).stream().filter(l -> !l.contains(" source: ") && !l.startsWith("@cp "))
                .map(l -> l.startsWith("@") ? l : l.replaceFirst(" id: \\d+$", ""));
    }

    /** All jars, in the order of the shell's {@code *}; seen from the bundle, since the archive holds their paths. */
    private static String classPath(Path node) throws IOException {
        try (Stream<Path> files = Files.list(node.resolve("lib"))) {
            List<Path> jars = files.filter(f -> f.toString().endsWith(".jar")).sorted().toList();
            for (Path jar : jars) {
                Files.setLastModifiedTime(jar, NodeTar.TIME);
            }
            return jars.stream().map(node::relativize).map(Path::toString).collect(Collectors.joining(File.pathSeparator));
        }
    }

    private static List<String> argv(List<String> java, String... more) {
        return Stream.concat(java.stream(), Stream.of(more)).toList();
    }
}

//SOURCES JavaSource.java
//SOURCES Repository.java

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The house's rules: what a file names is what it uses, and arrows between the folders of common/ only go down. */
@Tag("scripts")
@DisplayName("Sources:")
class SourcesTest {
    /** Lowest first; folders of one floor do not know each other. */
    private static final List<Set<String>> FLOORS = List.of(
            Set.of("cli"),
            Set.of("oci", "disk"),
            Set.of("http", "inventory", "ignition"),
            Set.of("registry", "distribution", "storage", "node", "vm", "assisted"),
            Set.of("staging", "verify", "release"),
            Set.of("catalog", "offline", "line", "factory"));
    private static final Path JSON = Repository.ROOT.resolve("common/cli/Json.java");
    private static final Pattern JACKSON = Pattern.compile("com\\.(?:fasterxml\\.jackson|google\\.cloud\\.tools\\.jib)\\.");

    private static final Map<Path, JavaSource> sources = new TreeMap<>();
    private static final Map<String, Path> homes = new HashMap<>();

    @BeforeAll
    static void read() {
        for (Path file : Repository.javaFiles()) {
            JavaSource source = JavaSource.of(file);
            sources.put(file, source);
            source.types().forEach(type -> homes.put(type, file));
        }
    }

    @Test
    @DisplayName("a file names each file whose types it uses")
    void namesWhatItUses() {
        List<String> missing = new ArrayList<>();
        sources.forEach((file, source) -> {
            Set<Path> used = source.uses(homes);
            used.removeAll(source.named());
            used.forEach(u -> missing.add(shown(file) + " uses " + shown(u)));
        });
        assertEquals("", String.join("\n", missing));
    }

    @Test
    @DisplayName("a file of common/ names nothing else, but Json for the version of Jackson, and what declares a library")
    void namesNoMore() {
        Pattern library = Pattern.compile("(?m)^//DEPS");
        List<String> more = new ArrayList<>();
        sources.forEach((file, source) -> {
            Set<Path> named = new TreeSet<>(source.named());
            named.removeAll(source.uses(homes));
            named.removeIf(n -> n.equals(JSON) || library.matcher(Repository.text(n)).find());
            if (source.folder().startsWith("common/")) {
                named.forEach(n -> more.add(shown(file) + " does not use " + shown(n)));
            }
        });
        assertEquals("", String.join("\n", more));
    }

    @Test
    @DisplayName("whoever uses Jackson or jib names Json first, or jib's older Jackson wins")
    void jsonFirst() {
        List<String> wrong = new ArrayList<>();
        sources.forEach((file, source) -> {
            boolean uses = source.imported().values().stream().anyMatch(i -> JACKSON.matcher(i).lookingAt());
            String first = Repository.text(file).lines().filter(l -> l.matches("//(SOURCES|DEPS) .*")).findFirst().orElse("");
            if (uses && !file.equals(JSON) && !first.matches("//SOURCES (\\S*/)?Json\\.java")) {
                wrong.add(shown(file) + " begins with " + first);
            }
        });
        assertEquals("", String.join("\n", wrong));
    }

    @Test
    @DisplayName("every folder of common/ has its floor, and arrows between folders only go down")
    void floors() {
        List<String> up = new ArrayList<>();
        arrows().forEach((arrow, example) -> {
            if (floor(arrow.get(0)) <= floor(arrow.get(1))) {
                up.add(example);
            }
        });
        assertEquals("", String.join("\n", up));
    }

    @Test
    @DisplayName("no folders of common/ form a circle, which JBang could not build, and no files in them either")
    void noCircle() {
        Map<String, Set<String>> folders = new TreeMap<>();
        arrows().keySet().forEach(a -> folders.computeIfAbsent(a.get(0), f -> new TreeSet<>()).add(a.get(1)));
        Map<String, Set<String>> files = new TreeMap<>();
        sources.forEach((file, source) -> {
            if (source.folder().startsWith("common/")) {
                files.put(shown(file), source.named().stream().map(SourcesTest::shown).collect(Collectors.toSet()));
            }
        });
        assertEquals(List.of(Map.of(), Map.of()), List.of(circles(folders), circles(files)));
    }

    /** Leaves are cut until only what is in circles, or leads to one, is left. */
    private static Map<String, Set<String>> circles(Map<String, Set<String>> arrows) {
        boolean cut;
        do {
            cut = false;
            for (Set<String> to : arrows.values()) {
                cut |= to.retainAll(arrows.keySet());
            }
            cut |= arrows.values().removeIf(Set::isEmpty);
        } while (cut);
        return arrows;
    }

    /** From folder, to folder -> a file that has the arrow. */
    private static Map<List<String>, String> arrows() {
        Map<List<String>, String> arrows = new HashMap<>();
        sources.forEach((file, source) -> source.named().forEach(named -> {
            String from = source.folder();
            String to = shown(named.getParent());
            if (from.startsWith("common/") && !from.equals(to)) {
                arrows.putIfAbsent(List.of(from.replace("common/", ""), to.replace("common/", "")),
                        shown(file) + " uses " + shown(named));
            }
        }));
        return arrows;
    }

    private static int floor(String folder) {
        for (int floor = 0; floor < FLOORS.size(); floor++) {
            if (FLOORS.get(floor).contains(folder)) {
                return floor;
            }
        }
        throw new AssertionError("no floor for common/" + folder);
    }

    private static String shown(Path file) {
        return Repository.ROOT.relativize(file).toString();
    }
}

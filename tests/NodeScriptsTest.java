//SOURCES ../container-images/stage-node.java
//SOURCES Repository.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("What goes onto the node")
class NodeScriptsTest {
    private static final Pattern SOURCES = Pattern.compile("(?m)^//SOURCES (\\S+)");
    private static final Pattern LIBRARY = Pattern.compile("(?m)^//DEPS (\\S+):[^:\\s]+$");

    static Set<String> scripts() {
        return Set.copyOf(StageNode.ON_NODE);
    }

    /** Libraries that a file needs, and all that it names: group:artifact. */
    private static Set<String> libraries(Path file, Set<Path> seen) {
        Set<String> libraries = new HashSet<>();
        if (seen.add(file)) {
            String text = Repository.text(file);
            LIBRARY.matcher(text).results().forEach(m -> libraries.add(m.group(1)));
            for (String named : SOURCES.matcher(text).results().map((MatchResult m) -> m.group(1))
                    .collect(Collectors.toSet())) {
                libraries.addAll(libraries(file.resolveSibling(named).normalize(), seen));
            }
        }
        return libraries;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("scripts")
    @DisplayName("talks to no registry, so has neither jib-core nor the 20 jars behind it:")
    void noJib(String script) {
        Set<String> libraries = libraries(Repository.ROOT.resolve(script), new HashSet<>());
        assertEquals(Set.of(), libraries.stream().filter(l -> l.contains("jib")).collect(Collectors.toSet()));
    }

    @Test
    @DisplayName("is looked through to the end: a pull needs jib-core")
    void pullHasIt() {
        assertTrue(libraries(Repository.ROOT.resolve("container-images/pre-cache/pull.java"), new HashSet<>())
                .contains("com.google.cloud.tools:jib-core"));
    }
}

//SOURCES ../lab/CatalogCorpus.java
//SOURCES ../lab/CatalogFile.java
//SOURCES ../lab/FileLayer.java
//SOURCES ../lab/LocalRegistry.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** olm on a JVM of its own, as JBang starts it, with catalogs of 50 MB. */
@Tag("slow")
@DisplayName("olm, of a catalog of 50 MB")
class CatalogMemoryTest {
    @TempDir
    static Path folder;
    private static LocalRegistry registry;
    private static CatalogCorpus corpus;

    @BeforeAll
    static void start() throws IOException {
        registry = LocalRegistry.start(folder.resolve("registry"));
        corpus = CatalogCorpus.on(registry.port(), folder);
        CatalogFile large = CatalogCorpus.many(250_000);
        corpus.index("json", FileLayer.with("configs/many/catalog.json", large.json()));
        corpus.index("yaml", FileLayer.with("configs/many/catalog.yaml", large.yaml()));
        Files.writeString(folder.resolve("auth.json"), "{}");
    }

    @AfterAll
    static void stop() {
        registry.close();
    }

    @ParameterizedTest(name = "in {0}, takes less than 256 MB with the JVM's default heap")
    @ValueSource(strings = {"json", "yaml"})
    void resident(String form) throws IOException, InterruptedException {
        Process olm = olm(form);
        long peak = 0;
        while (olm.isAlive()) {
            peak = Math.max(peak, peakKilobytes(olm.pid()));
            Thread.sleep(5);
        }
        assertHead(olm);
        assertTrue(peak > 0 && peak < 256 << 10, peak + " kB");
    }

    @ParameterizedTest(name = "in {0}, does not hold it: a heap of 40 MB is enough")
    @ValueSource(strings = {"json", "yaml"})
    void streamed(String form) throws IOException, InterruptedException {
        assertHead(olm(form, "-Xmx40m"));
    }

    private static Process olm(String tag, String... jvm) throws IOException {
        List<Object> argv = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin/java")));
        argv.addAll(List.of(jvm));
        argv.addAll(List.of("-cp", System.getProperty("java.class.path"), "Olm",
                "--index", CatalogCorpus.JSON.replaceFirst("[^:]*$", tag), "--packages", "many",
                "--registries-conf", corpus.registriesConf(), "--authfile", folder.resolve("auth.json")));
        return new ProcessBuilder(argv.stream().map(String::valueOf).toList()).redirectErrorStream(true)
                .redirectOutput(folder.resolve("out").toFile()).start();
    }

    private static void assertHead(Process olm) throws IOException, InterruptedException {
        int exit = olm.waitFor();
        String out = Files.readString(folder.resolve("out"));
        assertEquals(0, exit, out);
        assertTrue(out.contains("Operators: 2 images of 1 bundle"), out);
    }

    /** VmHWM of /proc/PID/status; 0 once the process has gone. */
    private static long peakKilobytes(long pid) {
        try (Stream<String> status = Files.lines(Path.of("/proc/" + pid + "/status"))) {
            return status.filter(l -> l.startsWith("VmHWM:")).map(l -> l.replaceAll("\\D", ""))
                    .mapToLong(Long::parseLong).findFirst().orElse(0);
        } catch (IOException | UncheckedIOException e) {
            return 0;
        }
    }
}

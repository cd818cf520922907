//SOURCES ../common/cli/Proc.java
//SOURCES ../create-ai-cluster.java
//SOURCES AssistedLab.java
//SOURCES AssistedSimulator.java
//SOURCES ScriptRun.java
//SOURCES Scripts.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import common.cli.Proc;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("fault")
@DisplayName("create-ai-cluster, run several times at once:")
class AssistedTwinsTest {
    private static final int RUNS = 3;

    @TempDir
    Path folder;
    @AutoClose
    private AssistedLab lab;
    private AssistedSimulator service;

    @BeforeEach
    void start() throws IOException {
        lab = new AssistedLab(folder);
        service = lab.service;
    }

    @Test
    @DisplayName("from several machines: one cluster and one infra-env remain, and all runs go on with them")
    void severalMachines() throws Exception {
        service.perRequest = Duration.ofSeconds(1);
        Map<String, CountDownLatch> all = new ConcurrentHashMap<>();
        service.way = (asked, answer) -> {
            boolean looks = asked.is("GET", AssistedSimulator.BASE + "/(clusters|infra-envs)");
            if (looks) { // each looks before any registers
                CountDownLatch latch = all.computeIfAbsent(asked.path(), p -> new CountDownLatch(RUNS));
                latch.countDown();
                try {
                    latch.await(20, TimeUnit.SECONDS);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
            return answer;
        };
        List<Process> runs = new ArrayList<>();
        for (int i = 0; i < RUNS; i++) {
            Path own = Files.createDirectory(folder.resolve("machine" + i));
            runs.add(Proc.of(Scripts.argv(CreateAiCluster.class, "--url", service.url(), "--base-domain", "example.com",
                    "--pull-secret", lab.pullSecret, "--ssh-key", lab.sshKey, "--discovery-patch", lab.discovery,
                    "--pointer-patch", lab.pointer, "--kubeconfig-dir", own, "--until", "registered", "--yes"))
                    .background(folder.resolve("log" + i)));
        }
        for (int i = 0; i < RUNS; i++) {
            assertTrue(runs.get(i).waitFor(90, TimeUnit.SECONDS));
            assertEquals(0, runs.get(i).exitValue(), Files.readString(folder.resolve("log" + i)));
        }
        assertTrue(service.calls("POST /clusters") > 1, "they were not at once");
        assertEquals(1, service.clusters.size());
        assertEquals(1, service.infraEnvs.size());
    }

    @Test
    @DisplayName("from one folder: the second stops at once")
    void oneFolder() throws IOException {
        Path file = folder.resolve(".kubeconfig.virt01.lock");
        try (FileChannel other = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = other.lock()) {
            assertTrue(lock.isValid());
            Proc.Result run = Scripts.program(CreateAiCluster.class, "--url", service.url(), "--base-domain", "a.b",
                    "--pull-secret", lab.pullSecret, "--ssh-key", lab.sshKey, "--discovery-patch", lab.discovery,
                    "--pointer-patch", lab.pointer, "--kubeconfig-dir", folder, "--yes").run();
            assertEquals(1, run.exit());
            assertTrue(run.err().contains("another run installs virt01 from the folder " + folder), run::toString);
            assertEquals(List.of(), service.calls());
        }
    }
}

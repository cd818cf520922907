//SOURCES ../common/cli/Cli.java
//SOURCES ../common/ignition/IgnitionFiles.java
//SOURCES ../container-images/images-4.10.3/pull-initial-4.10.3.java
//SOURCES ../container-images/stage-node.java
//SOURCES ../create-vm.java
//SOURCES ../lab/Corpus.java
//SOURCES ../lab/LocalRegistry.java
//SOURCES ../lab/NodeImage.java
//SOURCES NodeBoot.java
//SOURCES RenderedConfig.java
//SOURCES Repository.java
//SOURCES ScriptRun.java

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import common.cli.Cli;
import common.ignition.IgnitionFiles.Mode;
import common.ignition.IgnitionFiles.Stage;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("vm")
@DisplayName("A disk that was staged offline and copied")
class OfflineBootTest {
    @TempDir
    Path temp;

    @Test
    @DisplayName("boots the discovery ISO like one that a VM staged: every image answers, with no network")
    void discovery() throws IOException {
        Path www = Files.createDirectories(temp.resolve("container-images"));
        List<String> references = images(www);
        run(new StageNode(), www, "--target-glibc", "2.36");
        Path profile = Files.writeString(temp.resolve("profile.yaml"), "lab:\n  image: none\n  disks:\n  - size: 1\n");
        Path disk = temp.resolve("copy.qcow2");
        run(new CreateVm(), "--offline", "--disk", temp.resolve("first.raw"), "--artifacts", www, "--copy-to", disk,
                "--size", "800MiB", "--profile", profile);
        Map<String, String> report = new NodeBoot(RenderedConfig.of(Stage.AI, Mode.LOAD))
                .fact("lacks", "for image in " + String.join(" ", references)
                        + "; do podman image exists $image || echo $image; done")
                .fact("container", "podman run --rm --pull=never --network=none " + references.get(0))
                .fact("network", "ls /sys/class/net")
                .live(NodeImage.of(Repository.ROOT), temp, "offline", "-drive", "if=virtio,format=qcow2,file="
                        + disk);
        assertEquals(Map.of("lacks", "", "container", "pre-staged", "network", "lo"), report);
    }

    /** Pulls a small set; what of it is to answer on site, the multi-arch image, which is run there, first. */
    private List<String> images(Path www) throws IOException {
        try (LocalRegistry registry = LocalRegistry.start(temp.resolve("registry"))) {
            Corpus.Published corpus = Corpus.of(Corpus.MULTI_ARCH + 1, 0.2).publish(registry.port(), temp);
            List<String> lines = new ArrayList<>(Files.readAllLines(corpus.initialList()));
            lines.addAll(Files.readAllLines(corpus.ocpList()));
            Path list = Files.write(temp.resolve("images.txt"), lines);
            run(new PullInitial4103(), "--list", list, "--folder", www.resolve("images-4.10.3"), "--registries-conf",
                    corpus.registriesConf(), "--authfile", Files.writeString(temp.resolve("auth.json"), "{}"));
            List<String> references = new ArrayList<>(corpus.references());
            references.add(0, references.remove(Corpus.MULTI_ARCH));
            references.add(Corpus.FURTHER_TAG);
            return references;
        }
    }

    private static void run(Cli.Command script, Object... args) {
        ScriptRun run = ScriptRun.of(script, args);
        assertEquals(Cli.DONE, run.exit(), run::toString);
    }
}

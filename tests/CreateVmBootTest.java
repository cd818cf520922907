//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../container-images/stage-node.java
//SOURCES ../create-vm.java
//SOURCES ../lab/NodeImage.java
//SOURCES ../lab/WebServer.java
//SOURCES CutLink.java
//SOURCES Repository.java
//SOURCES ScriptRun.java
//SOURCES ServedTree.java
//SOURCES TestLibvirt.java
//SOURCES VmProfile.java

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Json;
import common.cli.Proc;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A boot costs a minute: each test has one VM and brings several faults upon it. */
@Tag("vm")
@DisplayName("create-vm with a real VM:")
class CreateVmBootTest {
    private static final int MIDDLE = 15_000_000; // bytes of node.tar, which is the largest file

    @TempDir
    static Path shared;
    private static Path image;
    private static WebServer nginx;

    @TempDir
    Path temp;
    private CutLink link;

    @BeforeAll
    static void serve() throws IOException {
        image = NodeImage.of(Repository.ROOT).disk();
        Path root = Files.createDirectory(shared.resolve("container-images"));
        ServedTree.small(root);
        ScriptRun run = ScriptRun.of(new StageNode(), root, "--target-glibc", "2.36");
        assertEquals(Cli.DONE, run.exit(), run::toString);
        nginx = WebServer.start(shared.resolve("nginx"), root);
    }

    @AfterAll
    static void stop() {
        nginx.close();
    }

    @AfterEach
    void delete() throws IOException {
        link.close();
    }

    private Object[] args(Path profile, Object... more) {
        List<Object> args = new ArrayList<>(List.of("--profile", profile, "--accel", "tcg", "--artifacts",
                "127.0.0.1:" + link.port(), "--size", "1GiB", "--image", image, "--state",
                temp.resolve("vms")));
        Stream.of(more).forEach(args::add);
        return args.toArray();
    }

    private Path vm(String file) {
        return temp.resolve("vms").resolve(VmProfile.NAME).resolve(file);
    }

    @Test
    @DisplayName("goes on after ssh that is late, another host key, and the server's and the VM's end in the middle")
    void faults() throws Exception {
        link = new CutLink(nginx.port());
        Path profile = VmProfile.write(temp, "user", "  uefi_legacy: true\n");
        Object[] qemu = args(profile, "--backend", "qemu", "--timeout", "1800");
        try {
            ScriptRun late = ScriptRun.of(new CreateVm(), args(profile, "--backend", "qemu", "--timeout", "1"));
            assertEquals(Cli.FAILED, late.exit(), late::toString);
            assertTrue(late.err().contains("no ssh at core@127.0.0.1") && late.err().contains("lines of its serial")
                    && late.err().contains("left: VM " + VmProfile.NAME + ", running"), late::toString);

            ScriptRun cut = link.cutting(MIDDLE, () -> { }, "curl-all", new CreateVm(), qemu);
            assertEquals(Cli.PARTIAL, cut.exit(), cut::toString);

            String known = Files.readString(vm("known_hosts"));
            Path other = temp.resolve("other");
            Proc.of("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", other.toString()).check();
            Files.writeString(vm("known_hosts"), VmProfile.NAME + " " + Files.readString(Path.of(other + ".pub")));
            ScriptRun wrong = ScriptRun.of(new CreateVm(), qemu);
            assertTrue(wrong.exit() == Cli.FAILED && wrong.err().contains("another host key"), wrong::toString);
            Files.writeString(vm("known_hosts"), known);

            long qemuPid = Long.parseLong(Files.readString(vm("qemu.pid")).strip());
            ScriptRun killed = link.cutting(MIDDLE, () -> ProcessHandle.of(qemuPid).orElseThrow().destroyForcibly(),
                    "curl-all", new CreateVm(), qemu);
            assertTrue(killed.exit() == Cli.FAILED && killed.err().contains("broke during curl-all"), killed::toString);

            assertStaged(ScriptRun.of(new CreateVm(), args(profile, "--backend", "qemu", "--timeout", "1800", "--json")),
                    vm("target.qcow2").toString());
        } finally {
            ScriptRun.of(new CreateVm(), args(profile, "--backend", "qemu", "--delete"));
        }
        assertFalse(Files.exists(vm("")));
    }

    @Test
    @DisplayName("libvirt: stages, finds all of it again, and removes what it made, not the image")
    void libvirt() throws Exception {
        link = new CutLink(nginx.port());
        String name = "factory-" + ProcessHandle.current().pid(); // libvirt keeps the VM of a test that was killed
        try (TestLibvirt libvirt = TestLibvirt.start(temp.resolve("libvirt"))) {
            Path profile = VmProfile.write(temp, "user", "  pool: " + libvirt.pool() + "\n");
            Object[] args = args(profile, "--name", name, "--backend", "libvirt", "--timeout", "1800", "--json");
            ScriptRun run = ScriptRun.of(new CreateVm(), args);
            try {
                assertStaged(run, "volume " + name + "-target.qcow2 of pool " + libvirt.pool());
                assertEquals("shut off", libvirt.virsh("domstate", name).strip());
            } finally {
                ScriptRun.of(new CreateVm(), args(profile, "--name", name, "--backend", "libvirt", "--delete"));
            }
            String volumes = libvirt.virsh("vol-list", libvirt.pool());
            assertTrue(volumes.contains("-node.qcow2") && !volumes.contains(name), volumes);
        }
    }

    private static void assertStaged(ScriptRun run, String disk) {
        assertEquals(Cli.DONE, run.exit(), run::toString);
        JsonNode document = Json.parse(run.out().getBytes(StandardCharsets.UTF_8), "create-vm");
        assertAll(() -> assertTrue(run.err().contains("Pre staged server ready to be delivered"), run.err()),
                () -> assertTrue(document.path("disk").asText().startsWith(disk), document::toString),
                () -> assertEquals(5, document.path("images").asInt()),
                () -> assertTrue(document.path("inventory").asText().startsWith("sha256:"), document::toString),
                () -> assertTrue(document.at("/partition/used").asLong() > 100_000_000, document::toString),
                () -> assertTrue(document.at("/seconds/fetch").isNumber(), document::toString));
    }
}

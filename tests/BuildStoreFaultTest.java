//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/disk/MountEntry.java
//SOURCES ../common/oci/Manifest.java
//SOURCES ../container-images/build-store.java
//SOURCES ImageStore.java
//SOURCES NodeWithStore.java
//SOURCES ScriptRun.java
//SOURCES TestImages.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Json;
import common.cli.Proc;
import common.disk.MountEntry;
import common.oci.Manifest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("store")
@Tag("fault")
@DisplayName("build-store, when something is wrong,")
class BuildStoreFaultTest {
    private static final List<String> REFERENCES = List.of("quay.io/org/a:1", "quay.io/org/b:1", "quay.io/org/c:1");
    @TempDir
    Path folder;
    private Path root;
    private Path store;
    private TestImages set;
    private ImageStore skopeo;
    private final List<TestImages.Layer> own = new ArrayList<>();

    @BeforeEach
    void threeImages() throws IOException {
        folder = folder.toRealPath();
        root = folder.resolve("container-images");
        store = root.resolve("store.sqfs");
        skopeo = new ImageStore(folder.resolve("skopeo"));
        set = new TestImages(root.resolve("images-4.10.3"), null);
        TestImages.Layer base = set.layer("base", 100_000);
        for (String reference : REFERENCES) {
            own.add(set.layer(reference.replaceAll("\\W", "-"), 100_000));
            set.add(reference, set.manifest(Manifest.DOCKER, base, own.get(own.size() - 1)));
        }
    }

    @AfterEach
    void nothingStaysMounted() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/mountinfo"))) {
            if (line.split(" ")[4].startsWith(folder.toString())) {
                Proc.of("umount", "--lazy", line.split(" ")[4]).run();
            }
        }
    }

    private ScriptRun build(Object... more) {
        return ScriptRun.of(new BuildStore(), Stream.concat(Stream.of(root), Stream.of(more)).toArray());
    }

    /** Which images a run unpacked, by their names, sorted: two jobs begin them in either order. */
    private static List<String> copied(String out) {
        return out.lines().filter(l -> l.startsWith("Copying ")).map(l -> l.replaceAll(".*/(.):1.*", "$1")).sorted()
                .toList();
    }

    private void assertWhole() throws IOException {
        try (NodeWithStore node = NodeWithStore.of(store, folder.resolve("site"))) {
            assertEquals(List.of(), REFERENCES.stream().filter(r -> !node.has(r)).toList());
        }
        assertFalse(Files.exists(root.resolve(".build-store")));
    }

    @Test
    void names_the_image_whose_layer_is_corrupted_packs_nothing_and_then_unpacks_only_that_one() throws IOException {
        Path blob = set.layout.blob(own.get(1).digest());
        byte[] good = Files.readAllBytes(blob);
        byte[] bad = good.clone();
        bad[50_000] ^= 1;
        Files.write(blob, bad);
        ScriptRun run = build();
        assertEquals(3, run.exit(), run::toString);
        assertTrue(run.err().contains("error: quay.io/org/b:1: ")
                && run.err().contains("no store: 1 of 3 images failed"), run::toString);
        assertFalse(Files.exists(store));
        Files.write(blob, good);
        ScriptRun again = build();
        assertEquals("0 [b]", again.exit() + " " + copied(again.out()), again::toString);
        assertWhole();
    }

    @Test
    void names_the_blob_that_is_missing_as_json_too() throws IOException {
        Path blob = set.layout.blob(own.get(2).digest());
        Files.delete(blob);
        ScriptRun run = build("--json");
        JsonNode failed = Json.parse(run.out().getBytes(), "stdout").path("failed");
        assertEquals("quay.io/org/c:1 " + blob + ": missing",
                failed.at("/0/reference").asText() + " " + failed.at("/0/reason").asText(), run::toString);
    }

    @Test
    void goes_on_after_a_kill_without_unpacking_again_what_it_has() throws Exception {
        Process killed = untilSecondImage();
        List<ProcessHandle> children = killed.descendants().toList();
        killed.destroyForcibly().waitFor();
        children.forEach(ProcessHandle::destroyForcibly);
        assertFalse(Files.exists(store));
        ScriptRun again = build();
        assertEquals("0 [b, c]", again.exit() + " " + copied(again.out()), again::toString);
        assertWhole();
    }

    @Test
    void ends_with_130_on_SIGTERM_leaves_nothing_mounted_and_goes_on() throws Exception {
        Process stopped = untilSecondImage();
        stopped.destroy();
        assertEquals(130, stopped.waitFor());
        assertFalse(Files.readString(Path.of("/proc/self/mountinfo")).contains(root.toString()));
        ScriptRun again = build();
        assertEquals("0 [b, c]", again.exit() + " " + copied(again.out()), again::toString);
        assertWhole();
    }

    @Test
    void refuses_to_work_beside_another_run() throws Exception {
        Process other = untilSecondImage();
        ScriptRun run = build();
        other.destroy();
        other.waitFor();
        assertTrue(run.exit() == 1 && run.err().contains("another build-store works in " + root), run::toString);
    }

    @Test
    void starts_anew_after_a_reboot_since_what_it_unpacked_may_be_half_on_disk() throws Exception {
        Process stopped = untilSecondImage();
        stopped.destroy();
        stopped.waitFor();
        Path input = root.resolve(".build-store/input");
        Files.writeString(input, Files.readString(input).replaceFirst("\\n.*", "\nof another boot"));
        assertEquals(List.of("a", "b", "c"), copied(build().out()));
        assertWhole();
    }

    @Test
    void starts_anew_when_the_set_changed_meanwhile() throws Exception {
        Process stopped = untilSecondImage();
        stopped.destroy();
        stopped.waitFor();
        Files.write(set.layout.folder().resolve("images.txt"), REFERENCES.subList(1, 3));
        assertEquals(List.of("b", "c"), copied(build().out()));
        try (NodeWithStore node = NodeWithStore.of(store, folder.resolve("site"))) {
            assertFalse(node.has(REFERENCES.get(0)));
        }
    }

    @Test
    void refuses_a_scratch_file_system_that_cannot_hold_an_overlay() throws IOException {
        Path mount = folder.resolve("overlay/mount");
        Stream.of("lower", "upper", "work", "mount").forEach(f -> mount.resolveSibling(f).toFile().mkdirs());
        String options = Stream.of("lowerdir=lower", "upperdir=upper", "workdir=work")
                .map(o -> o.replace("=", "=" + mount.getParent() + "/")).reduce((a, b) -> a + "," + b).orElseThrow();
        Proc.of("mount", "-t", "overlay", "overlay", "-o", options, mount.toString()).check();
        ScriptRun run = build("--scratch", mount);
        assertTrue(run.exit() == 1 && run.err().contains("error: the file system of " + mount
                + " cannot hold an overlay store"), run::toString);
        assertFalse(Files.exists(mount.resolve(".build-store")));
    }

    @Test
    void leaves_nothing_mounted_also_where_somebody_is_in_what_it_mounted() throws Exception {
        Path pids = folder.resolve("pids");
        Path points = folder.resolve("points");
        Path bin = Files.createDirectory(folder.resolve("bin"));
        Path mount = Files.writeString(bin.resolve("mount"), "#!/bin/sh\n" + Proc.find("mount").orElseThrow() + " \"$@\" || "
                + "exit\nfor last; do :; done\ncd \"$last\"\npwd >>" + points + "\nsleep 600 >/dev/null 2>&1 &\necho $! >>" + pids + "\n");
        Files.setPosixFilePermissions(mount, PosixFilePermissions.fromString("rwxr-xr-x"));
        Proc.Result run = Proc.of(ImageStore.argv(BuildStore.class, root.toString())).env("PATH", bin + ":"
                + System.getenv("PATH")).run();
        try {
            List<Path> mounted = Files.readAllLines(points).stream().map(Path::of).toList();
            List<Path> left = MountEntry.list(MountEntry.OWN).stream().map(MountEntry::on).filter(mounted::contains).toList();
            assertEquals("0 []", run.exit() + " " + left, run::toString);
            assertTrue(Files.exists(store) && !Files.readAllLines(pids).isEmpty());
        } finally {
            for (String pid : Files.readAllLines(pids)) {
                ProcessHandle.of(Long.parseLong(pid)).ifPresent(ProcessHandle::destroyForcibly);
            }
        }
    }

    @Test
    void refuses_a_scratch_file_system_without_d_type() throws IOException {
        Path image = folder.resolve("no-d-type");
        Path mount = Files.createDirectory(folder.resolve("mount"));
        Proc.of("truncate", "--size=64M", image.toString()).check();
        Proc.of("mkfs.ext4", "-q", "-F", "-O", "^filetype", image.toString()).check();
        Proc.of("mount", "-o", "loop", image.toString(), mount.toString()).check();
        ScriptRun run = build("--scratch", mount);
        assertTrue(run.exit() == 1 && run.err().contains("cannot hold an overlay store"), run::toString);
    }

    private Path small(int kib) throws IOException {
        Path mount = Files.createDirectory(folder.resolve("small"));
        Proc.of("mount", "-t", "tmpfs", "-o", "size=" + kib + "k", "tmpfs", mount.toString()).check();
        return mount;
    }

    @Test
    void refuses_to_begin_what_will_not_fit() throws IOException {
        Path mount = small(300);
        ScriptRun run = build("--scratch", mount);
        assertTrue(run.exit() == 1 && run.err().contains("does not fit: about ") && copied(run.out()).isEmpty(),
                run::toString);
    }

    @Test
    void keeps_what_it_unpacked_when_the_disk_is_full_and_goes_on_when_there_is_room() throws IOException {
        Path mount = small(8000);
        String fill = "case $last in *b:1) dd if=/dev/zero of=" + mount + "/fill bs=4k;; esac; ";
        Proc.Result full = buildAfter(fill, "--jobs", "1", "--scratch", mount.toString());
        assertEquals(3, full.exit(), full.out() + full.err());
        assertTrue(full.err().contains("no space left on device"), full.err());
        Files.delete(mount.resolve("fill"));
        ScriptRun again = build("--scratch", mount);
        assertEquals("0 [b, c]", again.exit() + " " + copied(again.out()), again::toString);
    }

    @Test
    void leaves_no_half_of_a_store_when_the_disk_is_full_and_packs_what_it_unpacked_when_there_is_room()
            throws IOException {
        Path mount = small(2000);
        String fill = "case $last in *c:1) dd if=/dev/zero of=" + mount + "/fill bs=4k;; esac; ";
        String[] args = {"--out", mount + "/store.sqfs", "--scratch", root.toString()};
        Proc.Result full = buildAfter(fill, args);
        assertEquals(1, full.exit(), full.out() + full.err());
        assertTrue(full.err().contains("No space left on device"), full.err());
        try (Stream<Path> files = Files.list(mount)) {
            assertEquals(List.of(mount.resolve("fill")), files.toList());
        }
        Files.delete(mount.resolve("fill"));
        ScriptRun again = build((Object[]) args);
        assertEquals("0 []", again.exit() + " " + copied(again.out()), again::toString);
    }

    @Test
    void says_which_package_has_mksquashfs() throws IOException {
        Path bin = Files.createDirectory(folder.resolve("bin"));
        for (String program : List.of("skopeo", "podman")) {
            Files.createSymbolicLink(bin.resolve(program), Proc.find(program).orElseThrow());
        }
        Proc.Result run = Proc.of(ImageStore.argv(BuildStore.class, root.toString())).env("PATH", bin.toString()).run();
        assertTrue(run.exit() == 4 && run.err().matches("error: not installed: mksquashfs, unsquashfs; as root: .* "
                + "squashfs-tools\n"), run.exit() + run.err());
    }

    @Test
    void replaces_no_folder_that_is_not_a_store() throws IOException {
        Path precious = Files.createDirectory(folder.resolve("precious"));
        for (String format : List.of("squashfs", "dir")) {
            ScriptRun run = build("--format", format, "--out", precious);
            assertTrue(run.exit() == 1 && run.err().contains(precious + " is there and no store"), run::toString);
        }
    }

    @Test
    void says_so_when_no_set_was_pulled() {
        ScriptRun run = build("--set", "ocp");
        assertEquals("error: " + root + ": no pulled image set; pull one first\n", run.err());
    }

    /** A run as a process of its own; the shell does something before each skopeo. */
    private Proc.Result buildAfter(String before, String... more) throws IOException {
        String path = skopeo.pathWithSkopeo("for last; do :; done; " + before + "exec \"$SKOPEO\" \"$@\"");
        String[] args = Stream.concat(Stream.of(root.toString()), Stream.of(more)).toArray(String[]::new);
        return Proc.of(ImageStore.argv(BuildStore.class, args)).env("PATH", path).run();
    }

    /** Such a run whose second skopeo hangs. */
    private Process untilSecondImage() throws IOException {
        String path = skopeo.pathWithSkopeo("for last; do :; done; case $last in *b:1) exec sleep 600;; esac; "
                + "exec \"$SKOPEO\" \"$@\"");
        ProcessBuilder builder = new ProcessBuilder(ImageStore.argv(BuildStore.class, root.toString(), "--jobs", "1"))
                .redirectOutput(folder.resolve("log").toFile()).redirectErrorStream(true);
        builder.environment().put("PATH", path);
        Process process = builder.start();
        while (process.isAlive() && process.descendants()
                .noneMatch(p -> p.info().commandLine().orElse("").contains("sleep 600"))) {
            LockSupport.parkNanos(50_000_000);
        }
        assertTrue(process.isAlive(), "the run ended before its second image");
        return process;
    }
}

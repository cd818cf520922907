//SOURCES ../common/cli/Proc.java
//SOURCES LabFolder.java

import java.nio.file.Path;
import java.util.List;

import common.cli.Proc;

/** The product's commands with the lab's values, as a person in the repository would type them. */
record LabScripts(Path repository, LabFolder folder) {
    private static final String CONTAINER_IMAGES = "container-images/";

    List<String> pullInitial() {
        return pull("images-4.10.3/pull-initial-4.10.3.java", "initial-images.txt", "images-4.10.3");
    }

    List<String> pullOcp() {
        return pull("ocp-images-4.10.3/pull-ocp-4.10.3.java", "ocp-images.txt", "ocp-images-4.10.3");
    }

    /** 1000000 is moved down to 999424, as sgdisk did. */
    List<String> createPartition() {
        return List.of(jbang(), script("create-gpt-partition.java"), "--device", folder.disk().toString(),
                "--start-sector", "1000000", "--mount", folder.mountPoint().toString());
    }

    /** @param mode load, store or both */
    List<String> curlAll(int port, String mode) {
        return List.of(jbang(), script(CONTAINER_IMAGES + "curl-all.java"), "127.0.0.1:" + port,
                folder.mountPoint().toString(), "--mode", mode);
    }

    List<String> extractInitial() {
        return List.of(jbang(), script(CONTAINER_IMAGES + "images-4.10.3/extract-initial-4.10.3.java"),
                "--folder", folder.mountPoint().resolve("ai-images").toString());
    }

    List<String> extractOcp() {
        return List.of(jbang(), script(CONTAINER_IMAGES + "ocp-images-4.10.3/extract-ocp-4.10.3.java"),
                "--folder", folder.mountPoint().resolve("ocp-images").toString());
    }

    /** The runtime need not run on older nodes than the lab's own, which is this host's Debian. */
    List<String> stageNode() {
        return List.of(jbang(), script(CONTAINER_IMAGES + "stage-node.java"), folder.www().toString(),
                "--target-glibc", "2.36");
    }

    List<String> buildStore() {
        return List.of(jbang(), script(CONTAINER_IMAGES + "build-store.java"), folder.www().toString());
    }

    /** On a restricted network that reaches the artifact server alone. */
    List<String> createVm(Path image, int webPort) {
        return List.of(jbang(), script("create-vm.java"), "--profile", script("lab/profile-lab.yaml"), "--image",
                image.toString(), "--backend", "qemu", "--accel", "tcg", "--artifacts", "http://127.0.0.1:" + webPort,
                "--mode", "both", "--start-sector", "1000000", "--ssh-key", folder.sshKey().toString(),
                "--state", folder.vms().toString());
    }

    /** With nothing but the store; the disk is a copy of another one, as in a factory. */
    List<String> stageOffline(Path disk) {
        return List.of(jbang(), script("create-vm.java"), "--offline", "--profile", script("lab/profile-lab.yaml"),
                "--disk", folder.disk().toString(), "--artifacts", folder.www().toString(), "--mode", "store",
                "--start-sector", "1000000", "--copy-to", disk.toString());
    }

    /** The whole way as lines to type, for a lab whose servers are up. */
    List<String> byHand(int webPort, Path storageConf) {
        String mountPoint = folder.mountPoint().toString();
        return List.of(
                "# in the factory",
                shown(pullInitial()),
                shown(pullOcp()),
                shown(buildStore()),
                "truncate -s 4G " + folder.disk(),
                shown(createPartition()),
                shown(curlAll(webPort, "both")),
                "umount " + mountPoint,
                "# on site, by loading",
                "mount -o ro,loop,offset=$((999424*512)) " + folder.disk() + " " + mountPoint,
                "export CONTAINERS_STORAGE_CONF=" + storageConf,
                shown(extractInitial()),
                shown(extractOcp()),
                "podman images --digests",
                "# or by mounting",
                "mount -o ro,loop " + folder.mountPoint().resolve("store.sqfs") + " " + folder.store(),
                "podman --root " + folder.emptyStorage() + " --storage-opt overlay.imagestore=" + folder.store()
                        + " images --digests",
                "# and in the end",
                shown(List.of(jbang(), script("lab/lab.java"), "down", "--dir", folder.path().toString())));
    }

    private static String shown(List<String> argv) {
        return Proc.of(argv).shown();
    }

    private List<String> pull(String script, String list, String set) {
        return List.of(jbang(), script(CONTAINER_IMAGES + script), "--list", folder.lists().resolve(list).toString(),
                "--folder", folder.www().resolve(set).toString(),
                "--registries-conf", folder.lists().resolve("registries.conf").toString());
    }

    private String jbang() {
        return repository.resolve("jbang").toString();
    }

    private String script(String path) {
        return repository.resolve(path).toString();
    }
}

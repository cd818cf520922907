///usr/bin/env LC_ALL=C.UTF-8 jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/AtomicFile.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/disk/PartitionLabel.java
//SOURCES ../common/distribution/Mirrors.java
//SOURCES ../common/http/ArtifactServer.java
//SOURCES ../common/http/CertDirOption.java
//SOURCES ../common/ignition/IgnitionFiles.java
//SOURCES ../common/ignition/SshPublicKey.java
//SOURCES ../common/inventory/Inventory.java
//SOURCES ../common/oci/Digest.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import common.cli.AtomicFile;
import common.cli.Cli;
import common.cli.Json;
import common.disk.PartitionLabel;
import common.http.ArtifactServer;
import common.distribution.Mirrors;
import common.http.CertDirOption;
import common.ignition.IgnitionFiles;
import common.ignition.IgnitionFiles.Mode;
import common.ignition.IgnitionFiles.Stage;
import common.ignition.SshPublicKey;
import common.inventory.Inventory;
import common.oci.Digest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "render",
        description = {"Renders units/ to Ignition configs: discovery.ign loads the discovery images before the agent "
            + "starts, pointer.ign those of the release on the first boot of the installed system.",
            "discovery.patch and pointer.patch are the Assisted Installer requests that carry them."},
        footer = {"", "Example: ./jbang ignition-files/render.java --label staged --mode store --output /tmp/ign"})
class Render extends Cli.Command {
    @Option(names = "--label", paramLabel = "NAME", defaultValue = PartitionLabel.DEFAULT,
            description = "Of the data partition (default: ${DEFAULT-VALUE}).")
    private String label;

    @Option(names = "--inventory", paramLabel = "FILE|URL", description = "The inventory.json that the partition must have: "
            + "tells disks with the same label apart (default: any).")
    private String inventory;

    @Mixin
    private CertDirOption certificates;

    @Option(names = "--set", paramLabel = "ai|ocp", description = "Only discovery (ai) or only pointer (ocp).")
    private Stage stage;

    @Option(names = "--mode", paramLabel = "auto|load|store|both", defaultValue = "auto", description = "As for "
            + "curl-all. Load: unpack all images on the node; else: mount store.sqfs if it is there, and load what it lacks "
            + "(default: ${DEFAULT-VALUE}).")
    private Mode mode;

    @Option(names = "--ssh-key", paramLabel = "FILE",
            description = "Public key that may log in as core (default: none).")
    private Path sshKey;

    @Option(names = "--also", arity = "1..*", paramLabel = "REPOSITORY", description = "Names that the site's registry has "
            + "for the same images, or their beginnings, such as hub.example.com:5000/ocp4: the node serves these, too.")
    private List<String> also = List.of();

    @Option(names = "--off", paramLabel = "ROLE", arity = "0..1", fallbackValue = "master", description = "Print the "
            + "MachineConfig that gives the partition back on installed nodes of that role (default: master); no more.")
    private String off;

    @Option(names = "--output", paramLabel = "DIR", description = "Where to write (default: beside units/).")
    private Path output;

    @Option(names = "--check", description = "Write nothing; fail if a file there is not what would be written.")
    private boolean check;

    public static void main(String... args) {
        System.exit(Cli.run(new Render(), args));
    }

    @Override
    public Integer call() throws IOException {
        List<String> keys = sshKey == null ? List.of() : SshPublicKey.read(sshKey);
        IgnitionFiles ignition = IgnitionFiles.of(new PartitionLabel(label), inventory == null ? null : digest(inventory, certificates.dir()),
                mode, keys, also.stream().map(Mirrors::checked).toList());
        if (off != null) {
            System.out.write(Json.pretty(ignition.off(off)));
            System.out.flush();
            return Cli.DONE;
        }
        Path folder = output != null ? output : ignition.units().getParent();
        Map<Path, byte[]> files = new LinkedHashMap<>();
        for (Stage s : stage != null ? Set.of(stage) : EnumSet.allOf(Stage.class)) {
            files.put(folder.resolve(s.file + ".ign"), Json.pretty(ignition.config(s)));
            files.put(folder.resolve(s.file + ".patch"), Json.pretty(ignition.patch(s)));
        }
        if (check) {
            return check(files);
        }
        Files.createDirectories(folder);
        for (Map.Entry<Path, byte[]> file : files.entrySet()) {
            AtomicFile.write(file.getKey(), file.getValue());
            System.out.println(file.getKey());
        }
        System.out.println("installer arguments: " + String.join(" ", ignition.installerArgs()));
        return Cli.DONE;
    }

    private static Digest digest(String inventory, Path certDir) throws IOException {
        int name = inventory.lastIndexOf('/');
        byte[] bytes = !inventory.matches("https?://.*") ? Files.readAllBytes(Path.of(inventory))
                : ArtifactServer.at(inventory.substring(0, name), certDir).read(inventory.substring(name + 1));
        Inventory.parse(bytes, inventory);
        return Digest.of(bytes);
    }

    private static int check(Map<Path, byte[]> files) throws IOException {
        List<String> stale = new ArrayList<>();
        for (Map.Entry<Path, byte[]> file : files.entrySet()) {
            if (!Files.exists(file.getKey()) || !Arrays.equals(Files.readAllBytes(file.getKey()), file.getValue())) {
                stale.add(file.getKey().toString());
            }
        }
        if (!stale.isEmpty()) {
            throw new Cli.Failure("not what units/ renders to: " + String.join(", ", stale)
                    + "; run the same command without --check");
        }
        return Cli.DONE;
    }
}

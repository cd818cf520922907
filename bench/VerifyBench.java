//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/inventory/Inventory.java
//SOURCES ../common/oci/Descriptor.java
//SOURCES ../common/oci/Digest.java
//SOURCES ../common/oci/Manifest.java
//SOURCES ../common/oci/OciLayout.java
//SOURCES Contender.java
//SOURCES Contenders.java
//SOURCES Setting.java
//SOURCES TimedRun.java
//SOURCES Turns.java

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Json;
import common.cli.Proc;
import common.inventory.Inventory;
import common.oci.Descriptor;
import common.oci.Digest;
import common.oci.Manifest;
import common.oci.OciLayout;

/** verify beside sha256sum, on a set of one image with layers of noise: as much as a disk can have, made in seconds. */
final class VerifyBench {
    private static final String REFERENCE = "quay.io/openshift-release-dev/ocp-release:4.10.3-x86_64";
    private static final int LAYERS = 16;
    private static final int MIB = 1 << 20;

    private final Setting setting;

    VerifyBench(Setting setting) {
        this.setting = setting;
    }

    /** {@code layerMib}: of each of the 16 layers. */
    void run(Contenders contenders, int layerMib) throws IOException {
        Path folder = contenders.emptied(setting.lab().path().resolve("verify"));
        make(folder, layerMib);
        String sums = "find FOLDER -type f -print0 | xargs -0 -n 1 -P CORES sha256sum";
        int cores = Runtime.getRuntime().availableProcessors();
        Contender verify = new Contender("verify.java", "./jbang verify.java FOLDER", Set.of(0),
                () -> contenders.ours("container-images/verify.java", folder.toString()));
        Contender sha256sum = new Contender("sha256sum, " + cores + " processes", sums, Set.of(0), () -> Proc.of("sh",
                "-c", sums.replace("FOLDER", folder.toString()).replace("CORES", String.valueOf(cores))));
        Turns turns = setting.turns(List.of(verify, sha256sum), setting.runs());
        double gigabytes = (double) LAYERS * layerMib * MIB / 1e9;
        setting.report().compare(String.format(Locale.ROOT, "Verify, %.1f GB in the page cache", gigabytes), turns);
        double speed = 1 / turns.ratio(sha256sum.name(), TimedRun::seconds);
        setting.report().goal("verify, speed \u00f7 sha256sum", String.format(Locale.ROOT, "%.3f", speed), "\u2265 0.800",
                speed >= 0.8);
        contenders.emptied(folder);
    }

    /** A container-images with one image of 16 layers. */
    static void make(Path folder, int layerMib) throws IOException {
        OciLayout set = OciLayout.at(folder.resolve("images-4.10.3"), null);
        set.createFolders();
        ObjectNode manifest = Json.object().put("schemaVersion", 2).put("mediaType", Manifest.OCI);
        byte[] config = Json.pretty(Json.object().put("architecture", "amd64").put("os", "linux"));
        Files.write(set.blob(Digest.of(config)), config);
        manifest.putObject("config").put("mediaType", "application/vnd.oci.image.config.v1+json")
                .put("digest", Digest.of(config).toString()).put("size", config.length);
        ArrayNode layers = manifest.putArray("layers");
        for (int i = 0; i < LAYERS; i++) {
            layers.addObject().put("mediaType", "application/vnd.oci.image.layer.v1.tar+gzip")
                    .put("digest", noise(set, folder.resolve("noise"), i, layerMib).toString())
                    .put("size", (long) layerMib * MIB);
        }
        Manifest image = Manifest.parse(Json.pretty(manifest), "the image");
        set.put(image);
        Descriptor named = image.descriptor().named(REFERENCE);
        set.commit(List.of(named));
        Path list = Files.writeString(set.folder().resolve("ai-images.txt"), REFERENCE + "\n");
        Inventory.update(set, new Inventory.SetOf("ai-images", "4.10.3", "linux/amd64", 1, List.of()), list,
                List.of(set.folder().resolve("oci-layout"), set.index(), list));
    }

    private static Digest noise(OciLayout set, Path temp, int seed, int mib) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        MessageDigest sha256 = Digest.sha256();
        byte[] bytes = new byte[MIB];
        try (OutputStream out = Files.newOutputStream(temp)) {
            for (int i = 0; i < mib; i++) {
                random.nextBytes(bytes);
                sha256.update(bytes);
                out.write(bytes);
            }
        }
        Digest digest = Digest.of(sha256);
        Files.move(temp, set.blob(digest));
        return digest;
    }
}

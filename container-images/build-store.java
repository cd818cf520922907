///usr/bin/env LC_ALL=C.UTF-8 jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/DryRunOption.java
//SOURCES ../common/cli/JobsOption.java
//SOURCES ../common/cli/JsonOption.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/cli/ProgressOption.java
//SOURCES ../common/oci/DiskNames.java
//SOURCES ../common/release/ReleaseModel.java
//SOURCES ../common/storage/PackedStore.java
//SOURCES ../common/storage/StoreBuilder.java
//SOURCES ../common/storage/StoreSource.java

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;

import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.cli.DryRunOption;
import common.cli.JobsOption;
import common.cli.Json;
import common.cli.JsonOption;
import common.cli.Proc;
import common.cli.ProgressOption;
import common.oci.DiskNames;
import common.release.ReleaseModel;
import common.storage.PackedStore;
import common.storage.StoreBuilder;
import common.storage.StoreSource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Unpacks a release's images once, in the factory, into one file that the node only has to mount. */
@Command(name = "build-store", description = "Pack all images of a release into one file that is mounted on site "
        + "instead of being loaded: an additional image store.",
        footer = {"", "Example, on the factory server after the pulls; then curl-all.java --mode store or both:",
            "  jbang build-store.java /srv/www/container-images"})
class BuildStore extends Cli.Command {
    @Parameters(paramLabel = "FOLDER", description = "container-images: the pulled sets and blobs/.")
    Path folder;

    @Option(names = "--set", paramLabel = "ai|ocp|all", defaultValue = "all",
            description = "Discovery's images, the release's, or both (default: ${DEFAULT-VALUE}).")
    StoreSource.Which set;

    @Option(names = "--release", paramLabel = "VERSION", description = "4.10.3, say; needed when there are several.")
    String release;

    @Option(names = "--out", paramLabel = "FILE",
            description = "Default: FOLDER/store.sqfs; with --format dir FOLDER/store.")
    Path out;

    @Option(names = "--format", paramLabel = "squashfs|dir", defaultValue = "squashfs",
            description = "dir leaves the store unpacked, as a folder (default: ${DEFAULT-VALUE}).")
    PackedStore.Format format;

    @Option(names = "--compression", paramLabel = "zstd|gzip|xz|lz4",
            description = "Default: gzip up to release 4.12, whose kernels are RHEL 8's; zstd after.")
    PackedStore.Compression compression;

    @Mixin
    JobsOption jobs;

    @Option(names = "--scratch", paramLabel = "DIR",
            description = "Where to unpack: ext4 or XFS (default: beside FILE).")
    Path scratch;

    @Mixin
    ProgressOption progress;

    @Mixin
    DryRunOption dryRun;

    @Mixin
    JsonOption json;

    public static void main(String... args) {
        System.exit(Cli.run(new BuildStore(), args));
    }

    @Override
    public Integer call() throws IOException {
        Proc.need("skopeo", "podman", "mksquashfs", "unsquashfs");
        long begun = System.nanoTime();
        StoreSource input = StoreSource.of(folder, set, release);
        String name = format == PackedStore.Format.DIR ? "store" : DiskNames.STORE;
        PackedStore image = new PackedStore(out != null ? out : folder.resolve(name), format,
                compression != null ? compression : ReleaseModel.orOldest(input.release()).mountsZstd()
                        ? PackedStore.Compression.ZSTD : PackedStore.Compression.GZIP);
        StoreBuilder build = new StoreBuilder(input, image, scratch != null ? scratch : image.out().getParent());
        ObjectNode document = Json.object().put("release", input.release()).put("images", input.images())
                .put("out", image.out().toString()).put("format", image.kind());
        boolean unchanged = image.isOf(input);
        Map<String, String> failed = Map.of();
        if (unchanged) {
            build.enterUnchanged();
        } else {
            StoreBuilder.Plan plan = build.plan();
            json.text().println(plan.shown());
            plan.addTo(document);
            failed = dryRun.isOn() ? failed : build.run(plan, jobs.jobs(), json.text());
        }
        boolean built = !unchanged && !dryRun.isOn() && failed.isEmpty();
        double seconds = (System.nanoTime() - begun) / 1e9;
        if (built || unchanged) {
            document.put("bytes", image.bytes());
            json.text().printf(Locale.ROOT, "%s: %s, %.1f MB, %.1f s%n", built ? "Built" : "Unchanged", image.out(),
                    image.bytes() / 1e6, seconds);
        } else if (!failed.isEmpty()) {
            System.err.println("no store: " + failed.size() + " of " + input.images() + " images failed; pull what is "
                    + "missing or damaged again, then run the same command again");
        }
        document.put("built", built).put("seconds", Math.round(seconds * 10) / 10.0).putArray("failed");
        failed.forEach((r, why) -> document.withArray("failed").addObject().put("reference", r).put("reason", why));
        int exit = failed.isEmpty() ? Cli.DONE : failed.size() == input.images() ? Cli.FAILED : Cli.PARTIAL;
        json.print(document, exit);
        return exit;
    }
}

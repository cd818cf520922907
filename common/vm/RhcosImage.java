package common.vm;

//SOURCES ../cli/Json.java
//SOURCES ../cli/AtomicFile.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/Progress.java
//SOURCES ../http/ArtifactServer.java
//SOURCES ../http/Download.java
//SOURCES ../http/Http.java
//SOURCES ../oci/Digest.java
//SOURCES DiskImage.java
//DEPS org.tukaani:xz:1.12

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.AtomicFile;
import common.cli.Cli;
import common.cli.Json;
import common.cli.Progress;
import common.http.ArtifactServer;
import common.http.Download;
import common.http.Http;
import common.oci.Digest;
import org.tukaani.xz.XZInputStream;

/**
 * The disk image that a VM begins with, by the file name of the plan: found on this host, or fetched once from the
 * RHCOS mirror, checked against the checksums that lie beside it there, unpacked, and kept.
 *
 * @param name of the unpacked file, e.g. {@code rhcos-410.84.202203231330-0-qemu.x86_64.qcow2}
 * @param asked a file of the operator's instead, packed (gz, xz) or not; null: none
 * @param mirror the folder with image and checksums; null: Red Hat's, which the name tells
 * @param cache where fetched and unpacked images are kept
 * @param certDir as {@link Http} has it; null for none
 */
public record RhcosImage(String name, Path asked, String mirror, Path cache, Path certDir) {
    private static final Path LIBVIRTS = Path.of("/var/lib/libvirt/images");
    private static final String SUMS = "sha256sum.txt";
    /** rhcos-410.84.202203231330-0-qemu.x86_64.qcow2: OpenShift 4.10, RHEL 8.4. */
    private static final Pattern BUILD =
            Pattern.compile("rhcos-((4)(\\d{1,2})\\.(\\d)(\\d)\\.\\d{12}-\\d+)-\\w+\\.(\\w+)\\.qcow2");
    /** rhcos-4.10.3-x86_64-qemu.x86_64.qcow2. */
    private static final Pattern RELEASE = Pattern.compile("rhcos-((4\\.\\d+)\\.\\d+)-(\\w+)-qemu\\.\\w+\\.qcow2");
    private static final int STREAMS_SINCE = 12; // 4.12: builds moved to prod/streams

    /** Below {@code $XDG_CACHE_HOME}. */
    public static Path defaultCache() {
        String home = Optional.ofNullable(System.getenv("XDG_CACHE_HOME")).filter(s -> !s.isEmpty())
                .orElse(System.getProperty("user.home") + "/.cache");
        return Path.of(home, "create-vm", "images");
    }

    /** Where the file is, without fetching anything; empty when it has to be fetched. */
    public Optional<Path> here() {
        if (asked != null) {
            if (!Files.isReadable(asked)) {
                throw new Cli.Failure("--image " + asked + ": no such file, or not readable");
            }
            return Optional.of(asked);
        }
        return Stream.of(cache.resolve(fileName()), LIBVIRTS.resolve(fileName()), Path.of(name))
                .filter(Files::isReadable).findFirst();
    }

    /** The unpacked file: what is here, else fetched. A {@link Cli.Failure} says which file to put where. */
    public Path file() throws IOException {
        Files.createDirectories(cache);
        Optional<Path> here = here();
        if (here.isEmpty()) {
            return fetch();
        }
        Path file = here.get().toAbsolutePath().normalize();
        if (DiskImage.format(file).matches("raw|qcow2")) {
            return file;
        }
        String plain = file.getFileName().toString().replaceFirst("\\.(gz|xz)$", "");
        Path unpacked = cache.resolve(Digest.of(file).hex().substring(0, 12) + "-" + plain); // FILE may change
        return Files.exists(unpacked) ? unpacked : unpack(file, unpacked);
    }

    /** Where Red Hat's mirror has a file of that name; empty for a name that is not RHCOS's. */
    public static Optional<String> folder(String name) {
        Matcher build = BUILD.matcher(name);
        if (build.matches()) {
            int minor = Integer.parseInt(build.group(3));
            String stream = "4." + minor + (minor > STREAMS_SINCE ? "-" + build.group(4) + "." + build.group(5) : "");
            return Optional.of("https://rhcos.mirror.openshift.com/art/storage/" + (minor < STREAMS_SINCE
                    ? "releases/rhcos-" + stream : "prod/streams/" + stream + "/builds") + "/" + build.group(1) + "/"
                    + build.group(6));
        }
        Matcher release = RELEASE.matcher(name);
        return release.matches() ? Optional.of("https://mirror.openshift.com/pub/openshift-v4/" + release.group(3)
                + "/dependencies/rhcos/" + release.group(2) + "/" + release.group(1)) : Optional.empty();
    }

    private Path fetch() throws IOException {
        String file = fileName();
        String from = Optional.ofNullable(mirror).or(() -> folder(file)).orElseThrow(() -> missing("its name is none "
                + "of RHCOS's, so there is no mirror to ask"));
        try {
            ArtifactServer server = ArtifactServer.at(from, certDir);
            Map<String, Digest> sums = checksums(server);
            String packed = List.of(file, file + ".gz", file + ".xz").stream().filter(sums::containsKey).findFirst()
                    .orElseThrow(() -> missing(from + " does not list it"));
            long size = server.facts(packed).size();
            System.err.println("fetching " + server.url(packed) + (size < 0 ? "" : ", " + size / 1_000_000 + " MB"));
            Path fetched = cache.resolve(packed);
            if (!Files.exists(fetched)) { // a name without .partial is whole
                try (Progress progress = Progress.start("Image", size)) {
                    progress.begin(packed);
                    new Download(cache.resolve(".partial-" + packed), fetched, size, sums.get(packed))
                            .from(server.source(packed), progress::advance);
                }
            }
            if (packed.equals(file)) {
                return fetched;
            }
            Path unpacked = unpack(fetched, cache.resolve(file));
            Files.delete(fetched);
            return unpacked;
        } catch (IOException e) {
            throw missing(from + ": " + Http.explain(e, from.replaceFirst("^\\w+://([^/]+).*", "$1")));
        } catch (Missing e) {
            throw e;
        } catch (Cli.Failure e) {
            throw e.exitCode == Cli.FAILED ? missing(e.getMessage()) : e;
        }
    }

    /** Of sha256sum.txt, as the release mirror has it, or of the build's meta.json, as the build mirror has it. */
    private static Map<String, Digest> checksums(ArtifactServer server) {
        Map<String, Digest> sums = new HashMap<>();
        try {
            new String(server.read(SUMS), StandardCharsets.UTF_8).lines().map(l -> l.strip().split("\\s+\\*?"))
                    .filter(w -> w.length == 2 && w[0].matches("[0-9a-f]{64}"))
                    .forEach(w -> sums.put(w[1], new Digest(w[0])));
        } catch (ArtifactServer.Missing e) {
            JsonNode images = Json.parse(server.read("meta.json"), server.url("meta.json").toString()).path("images");
            images.forEach(i -> sums.put(i.path("path").asText(), new Digest(i.path("sha256").asText())));
        }
        return sums;
    }

    private static Path unpack(Path packed, Path target) throws IOException {
        Path temp = target.resolveSibling("." + target.getFileName() + ".tmp");
        System.err.println("unpacking " + packed.getFileName());
        try (InputStream raw = new BufferedInputStream(Files.newInputStream(packed), 1 << 20);
                InputStream in = DiskImage.format(packed).equals("xz") ? new XZInputStream(raw)
                        : new GZIPInputStream(raw, 1 << 20);
                FileChannel file = FileChannel.open(temp, StandardOpenOption.CREATE, StandardOpenOption.WRITE,
                        StandardOpenOption.TRUNCATE_EXISTING);
                OutputStream out = Channels.newOutputStream(file)) {
            try (Progress progress = Progress.start("Unpacking", -1, temp.toFile()::length)) {
                in.transferTo(out);
            }
            file.force(true);
        } catch (IOException e) {
            Files.deleteIfExists(temp);
            throw new IOException(packed + ": cannot be unpacked: " + e.getMessage(), e);
        }
        AtomicFile.rename(temp, target);
        return target;
    }

    private String fileName() {
        return Path.of(name).getFileName().toString();
    }

    /** There is no image, and what to do about it. */
    private static final class Missing extends Cli.Failure {
        Missing(String message) {
            super(message);
        }
    }

    private Missing missing(String why) {
        return new Missing("no image " + name + ": " + why + "; put the unpacked file at " + cache.resolve(fileName())
                + ", or name one with --image, or a folder with the file and " + SUMS + " with --mirror");
    }
}

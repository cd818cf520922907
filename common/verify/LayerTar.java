package common.verify;

//SOURCES ../cli/Proc.java
//DEPS org.apache.commons:commons-compress:1.28.0

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

import common.cli.Proc;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

/**
 * A layer as the node unpacks it: containers/storage reads it with Go's decompressors and tar reader, takes each path
 * once (tar-split keeps the headers), and unpacks into a folder of the layer's own, where nothing of lower layers is.
 * What Java's tar reader or GZIPInputStream would let pass and Go does not, is refused here; tried on skopeo 1.9 and 1.18.
 */
final class LayerTar {
    private static final int LONGEST_NAME = 255;
    private static final int LONGEST_PATH = 4095;
    private static final Set<Byte> TYPES = Set.of(TarConstants.LF_OLDNORM, TarConstants.LF_NORMAL, TarConstants.LF_LINK,
            TarConstants.LF_SYMLINK, TarConstants.LF_CHR, TarConstants.LF_BLK, TarConstants.LF_DIR, TarConstants.LF_FIFO);

    private final Set<String> headers = new HashSet<>();
    /** What is there so far, by normal path; folders that only others' names imply included. */
    private final Set<Path> there = new HashSet<>();
    private final Map<Path, Path> links = new HashMap<>();

    private LayerTar() {
    }

    /**
     * The tar in a layer, by its first bytes as containers/image tells them apart. Of zstd and xz, which Java lacks, the
     * host's program reads it; empty: that is not installed.
     *
     * @param layer the file that {@code open} reads
     */
    static Optional<InputStream> unpacked(Path layer, InputStream open) throws IOException {
        BufferedInputStream in = new BufferedInputStream(open, 256 << 10);
        in.mark(8);
        byte[] magic = in.readNBytes(6);
        in.reset();
        if (begins(magic, 0x1f, 0x8b, 0x08)) {
            return Optional.of(GzipCompressorInputStream.builder().setInputStream(in).setDecompressConcatenated(true)
                    .setBufferSize(64 << 10).get());
        } else if (begins(magic, 'B', 'Z', 'h')) {
            return Optional.of(new BZip2CompressorInputStream(in, true));
        } else if (begins(magic, 0x28, 0xb5, 0x2f, 0xfd)) { // the node's reader takes windows up to 2^29
            return program(layer, "zstd", "--decompress", "--stdout", "--quiet", "--long=29");
        } else if (begins(magic, 0xfd, '7', 'z', 'X', 'Z', 0)) {
            return program(layer, "xz", "--decompress", "--stdout");
        }
        return Optional.of(in);
    }

    private static Optional<InputStream> program(Path layer, String... argv) {
        return Proc.find(argv[0]).isEmpty() ? Optional.empty()
                : Optional.of(new BufferedInputStream(Proc.of(argv).stdin(layer).stream(), 64 << 10));
    }

    private static boolean begins(byte[] bytes, int... magic) {
        for (int i = 0; i < magic.length; i++) {
            if (i >= bytes.length || (bytes[i] & 0xff) != magic[i]) {
                return false;
            }
        }
        return true;
    }

    /**
     * Reads a tar to its end, and what is behind it, too.
     *
     * @return why the node does not unpack it; empty: it does
     * @throws IOException when it cannot be read to its end
     */
    static Optional<String> fault(InputStream tar) throws IOException {
        LayerTar layer = new LayerTar();
        Optional<String> fault = Optional.empty();
        try {
            TarArchiveInputStream in = new TarArchiveInputStream(tar, "UTF-8");
            for (TarArchiveEntry entry; fault.isEmpty() && (entry = in.getNextEntry()) != null;) {
                fault = layer.fault(entry);
            }
        } catch (IllegalArgumentException e) {
            fault = Optional.of("no tar file: " + e.getMessage());
        }
        tar.transferTo(OutputStream.nullOutputStream());
        return fault;
    }

    private Optional<String> fault(TarArchiveEntry entry) {
        String name = entry.getName();
        Path path = Path.of("/", name).normalize();
        if (!entry.isCheckSumOK()) {
            return Optional.of("a header that is not a tar file's");
        } else if (!TYPES.contains(entry.getLinkFlag())) {
            return Optional.of(name + " is an entry of type '" + (char) entry.getLinkFlag() + "'"
                    + (entry.isOldGNUSparse() ? ", a sparse file as GNU tar writes it" : ""));
        } else if (!headers.add((name.startsWith("/") ? "/" : "") + path)) {
            return Optional.of(name + " is there twice");
        } else if (name.getBytes(StandardCharsets.UTF_8).length > LONGEST_PATH || longest(path) > LONGEST_NAME) {
            return Optional.of("a name that is too long: " + name.substring(0, 40) + "...");
        }
        for (Path at = path.getParent(); at != null && at.getParent() != null; at = at.getParent()) {
            if (links.containsKey(at) && !there.contains(links.get(at))) {
                return Optional.of(name + " is below the link " + at + ", which leads out of the layer");
            }
        }
        if (entry.isLink() && !there.contains(Path.of("/", entry.getLinkName()).normalize())) {
            return Optional.of(name + " is a hard link to " + entry.getLinkName() + ", which is not before it in the layer");
        }
        String base = path.getFileName() == null ? "" : path.getFileName().toString();
        if (Set.of(".wh.", ".wh..", ".wh...").contains(base)) {
            return Optional.of(name + " removes no file");
        }
        for (Path at = path; at != null; at = at.getParent()) {
            there.add(at);
        }
        if (entry.isSymbolicLink()) {
            links.put(path, path.resolveSibling(entry.getLinkName()).normalize());
        }
        return Optional.empty();
    }

    private static int longest(Path path) {
        int longest = 0;
        for (Path name : path) {
            longest = Math.max(longest, name.toString().getBytes(StandardCharsets.UTF_8).length);
        }
        return longest;
    }
}

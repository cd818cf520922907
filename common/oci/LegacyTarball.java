package common.oci;

//SOURCES ../cli/AtomicFile.java
//SOURCES ../cli/Cli.java
//SOURCES Descriptor.java
//SOURCES Digest.java
//SOURCES Manifest.java
//SOURCES OciLayout.java
//DEPS org.apache.commons:commons-compress:1.28.0

import java.io.BufferedOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.Deflater;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

import common.cli.AtomicFile;
import common.cli.Cli;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * One image in the shell original's format: a gzip tar of one folder in skopeo's {@code dir:} layout (containers/image,
 * directory/directory_transport.go).
 *
 * <pre>
 * NAME/version               "Directory Transport Version: 1.1"
 * NAME/manifest.json         the manifest, or the whole manifest list
 * NAME/HEX.manifest.json     those manifests of a list that are there
 * NAME/HEX                   config and layers
 * NAME/signature-N           optional
 * </pre>
 */
public final class LegacyTarball {
    private static final Pattern MANIFEST = Pattern.compile("(?:([0-9a-f]{64})\\.)?manifest\\.json");
    private static final Pattern BLOB = Pattern.compile("[0-9a-f]{64}");
    private static final Pattern IGNORED = Pattern.compile("version|(?:[0-9a-f]{64}\\.)?signature-[0-9]{1,3}");
    /** What headers before an entry and padding after it may have; the tar reader holds long names in memory. */
    private static final int HEADER_BYTES = 1 << 20;
    private static final byte[] VERSION = "Directory Transport Version: 1.1\n".getBytes(StandardCharsets.UTF_8);

    private final Path tgz;
    private final OciLayout layout;
    /** Sizes in bytes of all that the manifests seen so far name. */
    private final Map<Digest, Long> sizes = new HashMap<>();
    private final Set<Digest> unpacked = new HashSet<>();
    private Descriptor image;
    /** How many bytes may still be unpacked. */
    private long credit;

    private LegacyTarball(Path tgz, OciLayout layout) throws IOException {
        this.tgz = tgz;
        this.layout = layout;
        // layers are compressed already and unpack to about the tarball's own size; plain ones hardly to 16 times of it
        credit = 16 * Files.size(tgz) + (64 << 20);
    }

    /**
     * Unpacks NAME.tgz into a layout that holds nothing else, and returns its image. The tarball came over the network:
     * what is not in the format above, not of its digest, or not named by a manifest with that very size is refused by
     * a {@link Cli.Failure}; reading ends at the size that an entry states. The caller removes the layout. Signatures
     * are not taken over: containers-storage has no use for them.
     */
    public static Descriptor unpack(Path tgz, OciLayout layout) throws IOException {
        layout.createFolders();
        LegacyTarball tarball = new LegacyTarball(tgz, layout);
        try (Limited plain = new Limited(new GZIPInputStream(Files.newInputStream(tgz), 64 << 10));
                TarArchiveInputStream tar = new TarArchiveInputStream(plain)) {
            plain.left = HEADER_BYTES;
            for (TarArchiveEntry entry; (entry = tar.getNextEntry()) != null;) {
                plain.left = entry.getSize() + HEADER_BYTES;
                tarball.entry(entry, tar);
                plain.left = HEADER_BYTES;
            }
        } catch (IOException | IllegalArgumentException e) { // the tar reader throws either on a damaged tar
            throw new Cli.Failure(Cli.FAILED, tgz + ": " + Cli.describe(e), e);
        }
        return tarball.whole();
    }

    private void entry(TarArchiveEntry entry, InputStream content) throws IOException {
        String name = entry.getName().replaceFirst("^\\./", "");
        String inside = tgz.getFileName().toString().replaceFirst("\\.tgz$", "") + "/";
        if (entry.isDirectory() && entry.getSize() == 0 && (name.isEmpty() || name.equals(inside))) {
            return;
        }
        boolean plain = entry.getLinkFlag() == TarConstants.LF_NORMAL || entry.getLinkFlag() == TarConstants.LF_OLDNORM;
        if (!plain || entry.isSparse() || !name.startsWith(inside)) {
            throw refused(entry.getName(), "only the plain files of skopeo's dir: layout may be there, in " + inside);
        }
        String file = name.substring(inside.length());
        boolean blob = BLOB.matcher(file).matches();
        credit -= entry.getSize();
        if (credit < 0 || !blob && entry.getSize() > Manifest.MAX_BYTES) {
            throw refused(file, entry.getSize() + " bytes are too many");
        }
        Matcher manifest = MANIFEST.matcher(file);
        if (blob) {
            blob(new Digest(file), entry.getSize(), content);
        } else if (manifest.matches()) {
            manifest(Manifest.parse(content.readAllBytes(), tgz + ": " + file), file, manifest.group(1));
        } else if (IGNORED.matcher(file).matches()) {
            content.readAllBytes();
        } else {
            throw refused(file, "not part of skopeo's dir: layout");
        }
    }

    private void manifest(Manifest manifest, String file, String hex) throws IOException {
        Digest digest = manifest.descriptor().digest();
        if (hex == null ? image != null : !digest.hex().equals(hex) || manifest.isList()) {
            throw refused(file, hex == null ? "there twice" : "not the image manifest that it is named for");
        }
        if (hex == null) {
            image = manifest.descriptor();
        }
        manifest.blobs().forEach(b -> sizes.put(b.digest(), b.size()));
        unpacked.add(digest);
        layout.put(manifest);
    }

    private void blob(Digest name, long size, InputStream content) throws IOException {
        Long stated = sizes.get(name);
        if (stated != null && stated != size) {
            throw refused(name.hex(), size + " bytes, but its manifest says " + stated);
        }
        if (!unpacked.add(name)) {
            throw refused(name.hex(), "there twice");
        }
        MessageDigest sha256 = Digest.sha256();
        try (OutputStream out = Files.newOutputStream(layout.blob(name), StandardOpenOption.CREATE_NEW)) {
            content.transferTo(new DigestOutputStream(out, sha256));
        }
        Digest digest = Digest.of(sha256);
        if (!digest.equals(name)) {
            throw refused(name.hex(), "corrupted, its bytes have " + digest);
        }
    }

    /** Throws unless the tarball held one image, nothing else, and all of it. */
    private Descriptor whole() {
        if (image == null) {
            throw refused("manifest.json", "missing");
        }
        try {
            layout.whole(image).forEach(b -> unpacked.remove(b.digest()));
        } catch (Cli.Failure e) {
            throw refused("not a whole image", e.getMessage());
        }
        if (!unpacked.isEmpty()) {
            throw refused(unpacked.iterator().next().hex(), "no manifest names it");
        }
        return image;
    }

    private Cli.Failure refused(String file, String why) {
        return new Cli.Failure(tgz + " is refused: " + file + ": " + why);
    }

    /** Ends with an error after so many bytes, whatever the file that is unpacked still has in store. */
    private static final class Limited extends FilterInputStream {
        private long left;

        Limited(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            int n = super.read(buffer, offset, (int) Math.min(length, Math.max(left, 1)));
            left -= Math.max(n, 0);
            if (left < 0) {
                throw new IOException("refused: an entry holds more than it states");
            }
            return n;
        }
    }

    /**
     * Writes NAME.tgz by temp file, fsync and rename; the same image gives the same bytes. An image under a list digest
     * gets the list and those of its manifests that the layout has, so that the list digest answers on site.
     */
    public static void write(OciLayout layout, Descriptor image, String name, Path tgz) throws IOException {
        Path temp = tgz.resolveSibling("." + tgz.getFileName() + ".tmp");
        try {
            try (TarArchiveOutputStream tar = new TarArchiveOutputStream(stored(temp))) {
                tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
                tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
                add(tar, name + "/", 0);
                tar.closeArchiveEntry();
                add(tar, name + "/version", VERSION.length);
                tar.write(VERSION);
                tar.closeArchiveEntry();
                for (Map.Entry<String, Descriptor> file : files(layout, image).entrySet()) {
                    add(tar, name + "/" + file.getKey(), file.getValue().size());
                    Files.copy(layout.blob(file.getValue().digest()), tar);
                    tar.closeArchiveEntry();
                }
            }
            AtomicFile.sync(temp);
            AtomicFile.rename(temp, tgz);
            AtomicFile.sync(tgz.toAbsolutePath().getParent());
        } finally {
            Files.deleteIfExists(temp);
        }
    }

    /** What the folder holds besides {@code version}, manifests first: a reader then knows what may follow. */
    private static Map<String, Descriptor> files(OciLayout layout, Descriptor image) {
        Map<String, Descriptor> files = new LinkedHashMap<>();
        Manifest top = layout.manifest(image.digest());
        files.put("manifest.json", top.descriptor());
        List<Manifest> images = !top.isList() ? List.of(top)
                : top.manifests().stream().filter(layout::holds).map(m -> layout.manifest(m.digest())).toList();
        if (top.isList()) {
            images.forEach(m -> files.put(m.descriptor().digest().hex() + ".manifest.json", m.descriptor()));
        }
        images.forEach(m -> m.blobs().forEach(b -> files.put(b.digest().hex(), b)));
        return files;
    }

    private static void add(TarArchiveOutputStream tar, String name, long size) throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(name);
        entry.setSize(size);
        entry.setModTime(0);
        tar.putArchiveEntry(entry);
    }

    /** gzip that only wraps: the layers are compressed already. */
    private static OutputStream stored(Path file) throws IOException {
        return new GZIPOutputStream(new BufferedOutputStream(Files.newOutputStream(file), 256 << 10), 64 << 10) {
            { // level 1 takes several times as long and saves a ten-thousandth
                def.setLevel(Deflater.NO_COMPRESSION);
            }
        };
    }
}

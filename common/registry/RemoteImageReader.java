package common.registry;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../http/Http.java
//SOURCES ../oci/Descriptor.java
//SOURCES ../oci/Digest.java
//SOURCES ../oci/ImageList.java
//SOURCES ../oci/Manifest.java
//SOURCES ../oci/RegistriesConf.java
//SOURCES BlobStream.java
//SOURCES ReadAhead.java
//SOURCES Registry.java
//DEPS org.apache.commons:commons-compress:1.28.0
//DEPS com.github.luben:zstd-jni:1.5.7-28

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.nio.file.FileSystemException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

import com.github.luben.zstd.ZstdInputStream;
import common.cli.Cli;
import common.http.Http;
import common.oci.Descriptor;
import common.oci.Digest;
import common.oci.ImageList;
import common.oci.Manifest;
import common.oci.RegistriesConf;
import common.oci.RegistriesConf.Endpoint;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * Files of an image, straight from its layers in a registry: one GET for each layer, nothing stored. Layers are read
 * last to first, and no more of them than it takes to know what the merged file system shows: an entry hides what lower
 * layers have at its path, a whiteout ({@code .wh.NAME}, {@code .wh..wh..opq}; OCI image specification, layer.md) too.
 * Layers are plain, gzip or zstd tars.
 *
 * <p>The digest of every layer that was touched is checked over all of its bytes: a layer whose files are all found is
 * read to its end through the hash, but no longer unpacked. Cutting the request there would spare bytes and leave those
 * that were used unchecked.
 */
public final class RemoteImageReader {
    /** A layer that unpacks to more is taken for an attack on our time; the largest of a release have some 2 GB. */
    private static final long MAX_UNPACKED = 64L << 30;

    private final Registry registry;
    private final List<Endpoint> endpoints;
    private final ImageList.Entry entry;
    private final Manifest listed;
    private final Manifest manifest;

    private RemoteImageReader(Registry registry, List<Endpoint> endpoints, ImageList.Entry entry, Manifest listed,
            Manifest manifest) {
        this.registry = registry;
        this.endpoints = endpoints;
        this.entry = entry;
        this.listed = listed;
        this.manifest = manifest;
    }

    /** What to do with a file. */
    public interface Visitor {
        /**
         * Called once for each file, in the order of the layers' tars; what of {@code content} is not read is skipped.
         * Not to be believed before {@link #walk} has returned: only then the digest of the layer is checked.
         *
         * @param path without leading slash, e.g. {@code configs/etcd/catalog.json}
         * @param size in bytes
         */
        void file(String path, long size, InputStream content) throws IOException;
    }

    /**
     * Asks for the image's manifest, at its mirrors in order, then at its own registry.
     *
     * @param reference {@code HOST/REPOSITORY:TAG} or {@code ...@sha256:HEX}
     * @param platform {@code os/architecture} to take of a multi-arch image
     */
    public static RemoteImageReader of(Registry registry, RegistriesConf conf, String reference, String platform)
            throws IOException {
        ImageList.Entry entry = ImageList.entry(reference, "image");
        String wanted = entry.reference().tagOrDigest();
        List<Endpoint> endpoints = conf.endpoints(entry.repository(), entry.reference().digest() != null);
        List<String> reasons = new ArrayList<>();
        for (int i = 0; i < endpoints.size(); i++) {
            List<Endpoint> fromHere = new ArrayList<>(endpoints);
            Collections.rotate(fromHere, -i);
            Endpoint at = fromHere.get(0);
            try {
                Manifest listed = registry.manifest(at, wanted);
                Manifest manifest = !listed.isList() ? listed
                        : registry.manifest(at, listed.on(platform, reference).get(0).digest().toString());
                return new RemoteImageReader(registry, fromHere, entry, listed, manifest);
            } catch (IOException e) {
                reasons.add(Http.explain(e, at.host()));
            }
        }
        throw new IOException(reference + ": " + String.join("; ", reasons));
    }

    /** The digest by which the image is to be listed: of a multi-arch image that of the list. */
    public Digest digest() {
        return listed.descriptor().digest();
    }

    /** {@code HOST/REPOSITORY@sha256:HEX}, whatever tag was asked for. */
    public String pinned() {
        return entry.repository() + "@" + digest();
    }

    /** The tag that was asked for, if it was one. */
    public Optional<String> tag() {
        return entry.reference().digest() != null ? Optional.empty() : Optional.of(entry.reference().tagOrDigest());
    }

    /**
     * One file, empty when the image has none. Throws {@link Cli.Failure} when it is larger than {@code maxBytes}.
     *
     * @param path without leading slash
     */
    public Optional<byte[]> read(String path, int maxBytes) throws IOException {
        byte[][] found = new byte[1][];
        walk(List.of(path), (name, size, content) -> {
            if (name.equals(path)) {
                if (size > maxBytes) {
                    throw new Cli.Failure(entry.text() + ": " + path + " has " + size + " bytes, more than "
                            + maxBytes);
                }
                found[0] = content.readNBytes(maxBytes);
            }
        });
        return Optional.ofNullable(found[0]);
    }

    /**
     * Visits the files that the image's merged file system has at or below the roots. Links there are an error, since
     * they are not followed.
     *
     * @param roots files or folders, without leading slash, e.g. {@code configs}
     */
    public void walk(List<String> roots, Visitor visitor) throws IOException {
        List<Descriptor> lastFirst = new ArrayList<>(manifest.layers());
        Collections.reverse(lastFirst);
        Shown shown = new Shown(roots);
        for (Descriptor layer : lastFirst) {
            if (shown.settled()) {
                return;
            }
            try (ReadAhead blob = new ReadAhead(new BlobStream(registry, endpoints, layer))) {
                try (TarArchiveInputStream tar = new TarArchiveInputStream(unpacked(blob), "UTF-8")) {
                    layer(tar, layer, shown, visitor);
                } catch (IOException e) {
                    blob.drain(); // a broken connection or damaged bytes explain a damaged archive better
                    throw e instanceof FileSystemException ? e : new IOException(
                            entry.repository() + ": layer " + layer.digest() + ": " + Cli.describe(e), e);
                }
                blob.drain();
            }
            shown.nextLayer();
        }
    }

    private void layer(TarArchiveInputStream tar, Descriptor layer, Shown shown, Visitor visitor) throws IOException {
        long unpacked = 0;
        for (TarArchiveEntry e; !shown.found() && (e = tar.getNextEntry()) != null;) {
            unpacked += e.getSize();
            if (unpacked > MAX_UNPACKED) {
                throw new IOException("unpacks to more than " + MAX_UNPACKED + " bytes");
            }
            String path = Stream.of(e.getName().split("/")).filter(n -> !n.isEmpty() && !n.equals("."))
                    .collect(Collectors.joining("/"));
            if (!shown.add(path, e.isDirectory())) {
                continue;
            }
            if (!e.isFile() || e.isLink() || e.isSymbolicLink()) {
                throw new Cli.Failure(entry.text() + ": " + path + " is no file but a link to \"" + e.getLinkName()
                        + "\" or a device, and links are not followed; in layer " + layer.digest());
            }
            if (shown.inRoots(path)) {
                visitor.file(path, e.getSize(), tar);
            }
        }
    }

    /** By the first bytes: media types are often wrong. Closing the result leaves the blob open. */
    private static InputStream unpacked(InputStream blob) throws IOException {
        PushbackInputStream in = new PushbackInputStream(blob, 4) {
            @Override
            public void close() {
                // the blob has still to be read to its end
            }
        };
        byte[] magic = in.readNBytes(4);
        in.unread(magic);
        if (magic.length == 4 && magic[0] == 0x1f && magic[1] == (byte) 0x8b) {
            return new BufferedInputStream(new GZIPInputStream(in, 64 << 10), 64 << 10); // tar skips in small steps
        }
        return magic.length == 4 && magic[1] == (byte) 0xb5 && magic[2] == 0x2f && magic[3] == (byte) 0xfd
                ? Zstd.unpacked(in) : in;
    }

    /** A class of its own, so that the native library is loaded only for a layer that needs it. */
    private static final class Zstd {
        static InputStream unpacked(InputStream in) throws IOException {
            return new ZstdInputStream(in);
        }
    }

    /** What the layers read so far let through of the roots. */
    private static final class Shown {
        private final List<String> roots;
        /** Paths that hide themselves and all below in lower layers. */
        private final Set<String> hidden = new HashSet<>();
        /** Folders hide a file of that name in lower layers, not what lower layers have in them. */
        private final Set<String> folders = new HashSet<>();
        private final Set<String> hiddenByThisLayer = new HashSet<>();
        private final Set<String> foldersOfThisLayer = new HashSet<>();
        private final Set<String> filesOfThisLayer = new HashSet<>();

        Shown(List<String> roots) {
            this.roots = roots;
        }

        /**
         * Takes note of an entry of the present layer. Whether it is something other than a folder that the merged file
         * system shows, in a root or in the place of a folder above one.
         */
        boolean add(String path, boolean folder) {
            String name = path.substring(path.lastIndexOf('/') + 1);
            String parent = path.substring(0, Math.max(0, path.lastIndexOf('/')));
            if (name.equals(".wh..wh..opq")) {
                hiddenByThisLayer.add(parent);
                return false;
            }
            if (name.startsWith(".wh.")) {
                hiddenByThisLayer.add((parent.isEmpty() ? "" : parent + "/") + name.substring(".wh.".length()));
                return false;
            }
            if (!inRoots(path) && roots.stream().noneMatch(r -> within(r, path))) {
                return false;
            }
            if (folder) {
                foldersOfThisLayer.add(path);
                return false;
            }
            boolean shows = !covered(path, hidden) && !folders.contains(path);
            if (shows && !filesOfThisLayer.add(path)) {
                throw new Cli.Failure(path + " is twice in one layer");
            }
            return shows;
        }

        boolean inRoots(String path) {
            return roots.stream().anyMatch(r -> within(path, r));
        }

        /** All roots are files, and this layer or those above have them: nothing more can come. */
        boolean found() {
            return roots.stream().allMatch(r -> filesOfThisLayer.contains(r) || covered(r, hidden));
        }

        void nextLayer() {
            hidden.addAll(hiddenByThisLayer);
            hidden.addAll(filesOfThisLayer);
            folders.addAll(foldersOfThisLayer);
            hiddenByThisLayer.clear();
            foldersOfThisLayer.clear();
            filesOfThisLayer.clear();
        }

        /** No lower layer can show anything. */
        boolean settled() {
            return roots.stream().allMatch(r -> covered(r, hidden));
        }

        private static boolean within(String path, String root) {
            return root.isEmpty() || path.equals(root) || path.startsWith(root + "/");
        }

        private static boolean covered(String path, Set<String> hidden) {
            for (String p = path; !p.isEmpty(); p = p.substring(0, Math.max(0, p.lastIndexOf('/')))) {
                if (hidden.contains(p)) {
                    return true;
                }
            }
            return hidden.contains("");
        }
    }
}

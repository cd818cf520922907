//SOURCES ../common/oci/Digest.java
//DEPS org.apache.commons:commons-compress:1.28.0

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.SplittableRandom;

import common.oci.Digest;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.compressors.gzip.GzipCompressorOutputStream;
import org.apache.commons.compress.compressors.gzip.GzipParameters;

/**
 * One image layer, a gzip tar that is a function of its name, seed and size (and of the host's zlib): files about as
 * large and compressible as a distribution's, hard links, symbolic links, setuid, a file capability, long and non-ASCII
 * names, whiteouts. {@code diffId} is the digest of the uncompressed tar.
 */
record CorpusLayer(String name, byte[] bytes, Digest digest, Digest diffId, long unpackedBytes) {
    /** What the layer's {@code /usr/bin/hello} prints. */
    static final String GREETING = "pre-staged";
    private static final double COMPRESSED_TO = 0.4;
    private static final long MODIFIED = 1_648_000_000_000L;

    /** A layer of about {@code size} compressed bytes; if {@code over} is not null, it deletes a file of that layer. */
    static CorpusLayer of(String name, long seed, long size, String over) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream((int) size + (1 << 20));
        GzipParameters fast = new GzipParameters();
        fast.setCompressionLevel(1);
        fast.setModificationTime(0);
        MessageDigest unpacked = Digest.sha256();
        long unpackedBytes;
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(
                new DigestOutputStream(new GzipCompressorOutputStream(packed, fast), unpacked), "UTF-8")) {
            tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
            tar.setAddPaxHeadersForNonAsciiNames(true);
            special(tar, name, over);
            files(tar, "usr/lib/" + name + "/", new SplittableRandom(seed), (long) (size / COMPRESSED_TO));
            tar.finish();
            unpackedBytes = tar.getBytesWritten();
        }
        byte[] bytes = packed.toByteArray();
        return new CorpusLayer(name, bytes, Digest.of(bytes), Digest.of(unpacked), unpackedBytes);
    }

    private static void special(TarArchiveOutputStream tar, String name, String over) throws IOException {
        String folder = "usr/lib/" + name + "/";
        for (String parent : new String[] {"usr/", "usr/bin/", "usr/lib/", folder}) {
            put(tar, entry(parent, TarConstants.LF_DIR, 0755), new byte[0]);
        }
        put(tar, entry("usr/bin/hello", TarConstants.LF_NORMAL, 0755), helloProgram());
        put(tar, entry(folder + "setuid", TarConstants.LF_NORMAL, 04755), helloProgram());
        TarArchiveEntry capable = entry(folder + "capable", TarConstants.LF_NORMAL, 0755);
        capable.addPaxHeader("SCHILY.xattr.security.capability", netBindService());
        put(tar, capable, helloProgram());
        // unpacking gives the file the mode of its last link
        link(tar, entry(folder + "hard-link", TarConstants.LF_LINK, 04755), folder + "setuid");
        link(tar, entry(folder + "symbolic-link", TarConstants.LF_SYMLINK, 0777), "../../bin/hello");
        byte[] text = name.getBytes(StandardCharsets.UTF_8);
        put(tar, entry(folder + "Pr\u00fcfsumme-\u68c0\u67e5-\u0438.txt", TarConstants.LF_NORMAL, 0644), text);
        put(tar, entry(folder + "a-name-longer-than-the-hundred-bytes-of-a-tar-header/".repeat(3) + "file",
                TarConstants.LF_NORMAL, 0644), text);
        if (over != null) {
            put(tar, entry("usr/lib/" + over + "/.wh.file-0", TarConstants.LF_NORMAL, 0), new byte[0]);
        }
    }

    private static void files(TarArchiveOutputStream tar, String folder, SplittableRandom random, long bytes)
            throws IOException {
        long left = bytes;
        for (int i = 0; left > 0; i++) {
            byte[] content = content(random, (int) Math.min(left, 1024L << random.nextInt(9)));
            put(tar, entry(folder + "file-" + i, TarConstants.LF_NORMAL, 0644), content);
            left -= content.length;
        }
    }

    /** Runs of new bytes and of bytes that stood shortly before, in a proportion that gzip makes 40 % of. */
    private static byte[] content(SplittableRandom random, int size) {
        byte[] content = new byte[size];
        random.nextBytes(content);
        for (int at = 128; at < size;) {
            int length = Math.min(16 + random.nextInt(64), size - at);
            System.arraycopy(content, at - length - random.nextInt(Math.min(at - length, 2048)), content, at, length);
            at += length + 8 + random.nextInt(31);
        }
        return content;
    }

    /** A Linux x86-64 program of 120 header bytes (ELF64 specification) and 33 of code: write(1, GREETING), exit(0). */
    private static byte[] helloProgram() {
        byte[] greeting = (GREETING + "\n").getBytes(StandardCharsets.US_ASCII);
        int size = 120 + 33 + greeting.length;
        ByteBuffer elf = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        elf.putInt(0x464c457f).putInt(0x00010102).putLong(0).putShort((short) 2).putShort((short) 62).putInt(1);
        elf.putLong(0x400078).putLong(64).putLong(0).putInt(0).putShort((short) 64).putShort((short) 56);
        elf.putShort((short) 1).putShort((short) 64).putShort((short) 0).putShort((short) 0);
        elf.putInt(1).putInt(5).putLong(0).putLong(0x400000).putLong(0x400000)
                .putLong(size).putLong(size).putLong(4096);
        elf.put((byte) 0xb8).putInt(1).put((byte) 0xbf).putInt(1); // mov eax, write; mov edi, stdout
        elf.put(new byte[] {0x48, (byte) 0x8d, 0x35}).putInt(16); // lea rsi, [rip + 16]
        elf.put((byte) 0xba).putInt(greeting.length).put(new byte[] {0x0f, 0x05}); // mov edx, length; syscall
        elf.put((byte) 0xb8).putInt(60).put(new byte[] {0x31, (byte) 0xff}); // mov eax, exit; xor edi, edi
        elf.put(new byte[] {0x0f, 0x05}); // syscall
        return elf.put(greeting).array();
    }

    /** The extended attribute, struct vfs_cap_data of linux/capability.h: revision 2, CAP_NET_BIND_SERVICE (10). */
    private static String netBindService() {
        ByteBuffer value = ByteBuffer.allocate(20).order(ByteOrder.LITTLE_ENDIAN).putInt(0x02000001).putInt(1 << 10);
        return new String(value.array(), StandardCharsets.US_ASCII);
    }

    private static void link(TarArchiveOutputStream tar, TarArchiveEntry link, String target) throws IOException {
        link.setLinkName(target);
        put(tar, link, new byte[0]);
    }

    private static TarArchiveEntry entry(String name, byte type, int mode) {
        TarArchiveEntry entry = new TarArchiveEntry(name, type);
        entry.setMode(mode);
        entry.setModTime(MODIFIED);
        return entry;
    }

    private static void put(TarArchiveOutputStream tar, TarArchiveEntry entry, byte[] content) throws IOException {
        entry.setSize(content.length);
        tar.putArchiveEntry(entry);
        tar.write(content);
        tar.closeArchiveEntry();
    }
}

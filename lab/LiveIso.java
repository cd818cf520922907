//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES NodeImage.java

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;

import common.cli.Cli;
import common.cli.Proc;

/**
 * The lab node as a live system: a squashfs and GRUB for BIOS and UEFI on an ISO that boots in RAM, with an area of 256
 * KiB, as in a CoreOS live ISO, that a copy's Ignition configuration is embedded in.
 */
final class LiveIso {
    static final List<String> PROGRAMS = List.of("mksquashfs", "grub-mkrescue", "xorriso", "mformat");

    private static final int AREA = 256 << 10;
    private static final int SECTOR = 2048;
    private static final Pattern LBA = Pattern.compile("File data lba:\\s*\\d+\\s*,\\s*(\\d+)");

    private LiveIso() {
    }

    /** Writes {@code live.iso}, the tree as its root. */
    static void build(Path node, NodeImage image, Path root) throws IOException {
        Path iso = image.folder().resolve("iso");
        Path boot = Files.createDirectories(iso.resolve("boot"));
        Files.createDirectories(boot.resolve("grub"));
        Files.copy(image.kernel(), boot.resolve("vmlinuz"));
        Files.copy(image.initramfs(), boot.resolve("initrd.img"));
        Files.copy(node.resolve("grub-iso.cfg"), boot.resolve("grub/grub.cfg"));
        Files.write(boot.resolve("ignition.img"), new byte[AREA]);
        Proc.of("mksquashfs", root.toString(), iso.resolve("root.squashfs").toString(), "-no-progress", "-comp", "zstd",
                "-Xcompression-level", "3", "-e", "boot", "var/cache", "usr/lib/dracut").check();
        Proc.of("grub-mkrescue", "--output=" + image.iso(), iso.toString(), "--", "-volid", "LABNODE").check();
        Proc.of("rm", "-r", iso.toString()).check();
    }

    /**
     * Copies an ISO and puts the configuration into the copy, as {@code coreos-installer iso ignition embed} does: a
     * compressed cpio archive with {@code usr/lib/ignition/user.ign}, which the kernel unpacks over the initramfs.
     */
    static void embed(Path iso, byte[] config, Path copy) throws IOException {
        byte[] archive = archive(config);
        if (archive.length > AREA) {
            throw new Cli.Failure("the Ignition configuration has " + archive.length + " bytes compressed; a live ISO"
                    + " has room for " + AREA);
        }
        Matcher lba = LBA.matcher(Proc.of("xorriso", "-indev", iso.toString(), "-find", "/boot/ignition.img",
                "-exec", "report_lba", "--").check());
        if (!lba.find()) {
            throw new Cli.Failure(iso + " has no room for an Ignition configuration (/boot/ignition.img)");
        }
        Proc.of("cp", "--reflink=auto", iso.toString(), copy.toString()).check();
        try (RandomAccessFile file = new RandomAccessFile(copy.toFile(), "rw")) {
            file.seek(Long.parseLong(lba.group(1)) * SECTOR);
            file.write(Arrays.copyOf(archive, AREA));
        }
    }

    private static byte[] archive(byte[] config) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(bytes)) {
            entry(gzip, "usr/lib/ignition/user.ign", 0100600, config);
            entry(gzip, "TRAILER!!!", 0, new byte[0]);
        }
        return bytes.toByteArray();
    }

    /** One entry in the format newc (kernel documentation, driver-api/early-userspace/buffer-format). */
    private static void entry(OutputStream out, String name, int mode, byte[] content) throws IOException {
        int[] fields = {1, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length() + 1, 0};
        StringBuilder header = new StringBuilder("070701");
        for (int field : fields) {
            header.append(String.format("%08X", field));
        }
        out.write(padded(header.append(name).append('\0').toString().getBytes(StandardCharsets.US_ASCII)));
        out.write(padded(content));
    }

    private static byte[] padded(byte[] bytes) {
        return Arrays.copyOf(bytes, (bytes.length + 3) / 4 * 4);
    }
}

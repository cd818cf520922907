//SOURCES ../common/cli/Proc.java
//SOURCES NodeImage.java

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import common.cli.Proc;

/**
 * The lab node's root disk: GPT with a BIOS boot partition, an EFI system partition and the root file system (ext4,
 * label root), GRUB for both. Made without loop devices and mounts.
 */
final class NodeDisk {
    static final List<String> PROGRAMS = List.of("grub-mkimage", "mkfs.vfat", "mmd", "mcopy",
            "/usr/lib/grub/i386-pc/boot.img", "/usr/lib/grub/x86_64-efi/moddep.lst");

    private static final int SECTOR = 512;
    private static final long SECTORS = (6L << 30) / SECTOR;
    private static final long BIOS_BOOT = 2048;
    private static final long EFI_SYSTEM = 4096;
    private static final long ROOT = EFI_SYSTEM + (64 << 20) / SECTOR;
    /** Up to the backup of the partition table. */
    private static final long ROOT_SECTORS = SECTORS - ROOT - 2048;
    private static final List<String> MODULES = List.of("part_gpt", "ext2", "normal", "linux", "search",
            "search_label", "configfile", "test", "serial", "terminal", "echo");

    private NodeDisk() {
    }

    /** Adds kernel, initramfs and GRUB's files to the tree, then writes {@code node.qcow2} with it as root. */
    static void build(Path node, NodeImage image, Path root) throws IOException {
        Path boot = root.resolve("boot");
        Files.createDirectories(boot.resolve("grub"));
        Files.copy(image.kernel(), boot.resolve("vmlinuz"));
        Files.copy(image.initramfs(), boot.resolve("initrd.img"));
        Files.copy(node.resolve("grub-disk.cfg"), boot.resolve("grub/grub.cfg"));
        Files.createFile(boot.resolve("ignition.firstboot"));
        Path raw = image.folder().resolve("node.raw");
        try (RandomAccessFile disk = new RandomAccessFile(raw.toFile(), "rw")) {
            disk.setLength(SECTORS * SECTOR);
        }
        Proc.of("sfdisk", "--quiet", raw.toString()).stdin(partitions()).check();
        Proc.of("mke2fs", "-q", "-t", "ext4", "-L", "root", "-m", "0", "-E",
                "lazy_itable_init=0,offset=" + ROOT * SECTOR, "-d", root.toString(), raw.toString(),
                ROOT_SECTORS / 2 + "k").check();
        bios(node, image.folder(), raw);
        uefi(node, image.folder(), raw);
        Proc.of("qemu-img", "convert", "-O", "qcow2", raw.toString(), image.disk().toString()).check();
        Files.delete(raw);
    }

    /** For sfdisk; the type of an EFI system partition is the UEFI specification's, the other one GRUB's own. */
    private static String partitions() {
        return """
                label: gpt
                start=%d, size=%d, type=21686148-6449-6E6F-744E-656564454649, name=BIOS-BOOT
                start=%d, size=%d, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, name=EFI-SYSTEM
                start=%d, size=%d, name=root
                """.formatted(BIOS_BOOT, EFI_SYSTEM - BIOS_BOOT, EFI_SYSTEM, ROOT - EFI_SYSTEM, ROOT, ROOT_SECTORS);
    }

    /**
     * What grub-bios-setup does, which wants a block device: boot.img with the first sector of core.img in the boot
     * sector, core.img with its second sector in its first (offsets: GRUB's include/grub/i386/pc/boot.h).
     */
    private static void bios(Path node, Path temp, Path raw) throws IOException {
        Path core = mkimage("i386-pc", node, temp.resolve("core.img"), "biosdisk");
        ByteBuffer boot = littleEndian(Path.of("/usr/lib/grub/i386-pc/boot.img"));
        boot.putLong(0x5c, BIOS_BOOT).putShort(0x66, (short) 0x9090); // no jump: trust the drive that the BIOS names
        ByteBuffer diskboot = littleEndian(core).putLong(SECTOR - 12, BIOS_BOOT + 1);
        try (RandomAccessFile disk = new RandomAccessFile(raw.toFile(), "rw")) {
            disk.write(boot.array(), 0, 440); // then come the disk's signature and the protective partition table
            disk.seek(BIOS_BOOT * SECTOR);
            disk.write(diskboot.array());
        }
        Files.delete(core);
    }

    private static void uefi(Path node, Path temp, Path raw) throws IOException {
        Path loader = mkimage("x86_64-efi", node, temp.resolve("BOOTX64.EFI"));
        Proc.of("mkfs.vfat", "-F", "32", "-s", "1", "-n", "EFI-SYSTEM", "--offset=" + EFI_SYSTEM, raw.toString(),
                String.valueOf((ROOT - EFI_SYSTEM) / 2)).check();
        String partition = raw + "@@" + EFI_SYSTEM * SECTOR;
        Proc.of("mmd", "-i", partition, "::EFI", "::EFI/BOOT").check();
        Proc.of("mcopy", "-i", partition, loader.toString(), "::EFI/BOOT/").check();
        Files.delete(loader);
    }

    private static Path mkimage(String format, Path node, Path file, String... more) {
        List<String> argv = new ArrayList<>(List.of("grub-mkimage", "--format=" + format, "--output=" + file,
                "--config=" + node.resolve("grub-early.cfg"), "--prefix=/boot/grub"));
        argv.addAll(MODULES);
        argv.addAll(List.of(more));
        Proc.of(argv).check();
        return file;
    }

    private static ByteBuffer littleEndian(Path file) throws IOException {
        return ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    }
}

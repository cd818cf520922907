package common.disk;

//SOURCES ../cli/Cli.java
//SOURCES ../cli/Proc.java

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import common.cli.Cli;
import common.cli.Proc;

/**
 * The XFS of the data partition: made for the oldest kernel that mounts it, whatever mkfs.xfs of this host turns on by
 * itself. An incompatible feature that a kernel does not know makes it refuse to mount (xfs_format.h, sb_features_incompat).
 */
public final class DataFileSystem {
    private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+)");
    /** xfs_format.h, struct xfs_dsb: sb_magicnum, sb_blocksize, sb_dblocks; big-endian. */
    private static final int MAGIC = 0x58465342;

    private DataFileSystem() {
    }

    /**
     * What mkfs.xfs is told beside the device. Features by the kernel that brought them: bigtime and inobtcount 5.10
     * (RHEL 9 has them), nrext64 5.19, parent and exchange 6.10; mkfs.xfs knows the word from the same version on.
     *
     * @param kernel the oldest that mounts it: {@code 4.18}, also with more behind it
     * @param mkfs what {@code mkfs.xfs -V} prints
     */
    static List<String> options(String kernel, String mkfs) {
        List<String> options = new ArrayList<>();
        if (before(kernel, 5, 10) && !before(mkfs, 5, 10)) {
            options.addAll(List.of("-m", "bigtime=0,inobtcount=0"));
        }
        boolean exchange = before(kernel, 6, 10) && !before(mkfs, 6, 10);
        if (before(kernel, 5, 19) && !before(mkfs, 5, 19)) {
            options.addAll(List.of("-i", "nrext64=0" + (exchange ? ",exchange=0" : "")));
        } else if (exchange) {
            options.addAll(List.of("-i", "exchange=0"));
        }
        if (exchange) {
            options.addAll(List.of("-n", "parent=0"));
        }
        return options;
    }

    /** Throws {@link Cli.Failure} with exit code 2. */
    static void checkKernel(String version) {
        if (!VERSION.matcher(version).lookingAt()) {
            throw new Cli.Failure(Cli.USAGE, "--node-kernel " + version + ": expected a version such as 4.18");
        }
    }

    /** The whole argv but the device. */
    static List<String> mkfs(String kernel, boolean overwrite) {
        List<String> argv = new ArrayList<>(List.of("mkfs.xfs"));
        argv.addAll(overwrite ? List.of("-f") : List.of());
        argv.addAll(options(kernel, Proc.of("mkfs.xfs", "-V").check()));
        return argv;
    }

    private static boolean before(String version, int major, int minor) {
        Matcher matcher = VERSION.matcher(version);
        if (!matcher.find()) {
            return false;
        }
        int is = Integer.parseInt(matcher.group(1));
        return is < major || is == major && Integer.parseInt(matcher.group(2)) < minor;
    }

    /** Throws {@link Cli.Failure} when the device does not begin with the superblock of an XFS that fills so many bytes. */
    static void checkMade(Path device, long bytes) {
        ByteBuffer superblock = ByteBuffer.allocate(16);
        try (FileChannel in = FileChannel.open(device)) {
            in.read(superblock, 0);
        } catch (IOException e) {
            throw new Cli.Failure(Cli.FAILED, device + ": cannot be read back: " + Cli.describe(e), e);
        }
        boolean xfs = superblock.getInt(0) == MAGIC;
        long block = superblock.getInt(4);
        long has = superblock.getLong(8) * block;
        if (!xfs || has > bytes || has <= bytes - block) {
            throw new Cli.Failure(device + ": mkfs.xfs ended well, but what is there is " + (xfs ? "an XFS of " + has
                    + " bytes instead of " + bytes : "no XFS") + "; is the disk failing? See dmesg");
        }
    }
}

package common.oci;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The names on the data partition and in container-images on the factory server (README, "On disk"), each in this one
 * place. The partition's own label is {@code common.disk.PartitionLabel.DEFAULT}.
 */
public final class DiskNames {
    /** Folder of all blobs, and the symlink to it in each set. */
    public static final String BLOBS = "blobs";
    /** Set of the discovery stage, on the partition. */
    public static final String AI_IMAGES = "ai-images";
    /** Set of the installed system, on the partition. */
    public static final String OCP_IMAGES = "ocp-images";
    /** Both, the order in which the node needs them. */
    public static final List<String> SETS = List.of(AI_IMAGES, OCP_IMAGES);
    /** Java runtime and on-node scripts, packed; unpacked to {@link #NODE} on the partition. */
    public static final String NODE_TAR = "node.tar";
    public static final String NODE = "node";
    /** The packed additional image store. */
    public static final String STORE = "store.sqfs";
    /** In the root of a mounted store: the references that it answers, a line each. */
    public static final String STORE_NAMES = "names.txt";
    public static final String INVENTORY = "inventory.json";
    /** Detached signature of {@link #INVENTORY}. */
    public static final String SIGNATURE = INVENTORY + ".sig";
    /** What was staged; on the partition only. */
    public static final String STAGED = "staged.json";
    /** What a server that staged itself reported; on the partition only. */
    public static final String STAGE_REPORT = "stage-report.json";
    /** What is to replace a file of an earlier staging, by its path, until all the rest is there; on the partition only. */
    public static final String INCOMING = ".incoming";
    /** Taken by the process that stages to the partition. */
    public static final String STAGING_LOCK = ".curl-all.lock";

    /** First sector of the partition, of 512 bytes, unless said otherwise. */
    public static final long START_SECTOR = 120_000_000;
    /** Where people mount the partition, in the factory and by hand. */
    public static final String MOUNT = "/var/mnt";
    /** Where the node's units mount it; /mnt is /var/mnt on RHCOS, and the installer mounts the new root there. */
    public static final String NODE_MOUNT = "/run/precache/data";
    /** Where the node's units mount the store: it must outlive a reboot, or CRI-O does not start. */
    public static final String NODE_STORE = "/var/lib/precache/store";

    private static final String SET_PREFIX = "^(ocp-)?images-";
    private static final Pattern SET_FOLDER = Pattern.compile(SET_PREFIX + "(\\w[\\w.+-]*)");

    private DiskNames() {
    }

    /** Whether a folder of the factory server has the name of a set: {@code images-4.10.3}, {@code ocp-images-4.10.3}. */
    public static boolean isSetFolder(String folder) {
        return SET_FOLDER.matcher(folder).matches();
    }

    /** The folder on the factory server of {@link #AI_IMAGES} or {@link #OCP_IMAGES}. */
    public static String setFolder(String set, String release) {
        return set.replace("ai-", "") + "-" + release;
    }

    /** The name on the partition of a set that {@link #isSetFolder}. */
    public static String set(String folder) {
        Matcher matcher = SET_FOLDER.matcher(folder);
        return matcher.matches() && matcher.group(1) != null ? OCP_IMAGES : AI_IMAGES;
    }

    /** The release of a set's folder; of a folder with another name that name. */
    public static String release(String folder) {
        return folder.replaceFirst(SET_PREFIX, "");
    }
}

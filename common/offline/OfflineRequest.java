package common.offline;

//SOURCES ../disk/FileSystemOptions.java
//SOURCES ../disk/GptPlan.java
//SOURCES ../disk/ListedDisk.java
//SOURCES ../inventory/StagingMode.java
//SOURCES ../release/ReleaseModel.java

import java.nio.file.Path;
import java.security.PublicKey;
import java.util.List;

import common.disk.FileSystemOptions;
import common.disk.GptPlan;
import common.disk.ListedDisk;
import common.inventory.StagingMode;
import common.release.ReleaseModel;

/**
 * What is asked for.
 *
 * @param hinted the disk as hints chose it, whose foreign content is given up; null: it was named
 * @param copies more disks that become copies of it
 * @param artifacts address of the web server or local folder; null: the disk is staged already
 * @param certDir for https, as {@link common.http.Http} has it; null for none
 * @param release null when the server has one only
 * @param startSector where the partition begins, when size is null
 * @param size of the partition in bytes, or null
 * @param newBytes of a disk that is a file and not there yet
 * @param force overwrite what is foreign
 * @param fileSystem of the partition that is staged, not of the copies
 * @param key that must have signed the inventory, which is looked at before anything is written; null: no matter who
 */
public record OfflineRequest(Path disk, ListedDisk hinted, List<Path> copies, String artifacts, Path certDir, String release,
        StagingMode mode, String label, long startSector, Long size, long newBytes, boolean force,
        FileSystemOptions fileSystem, PublicKey key, String by) {
    /** @param staged the release that goes there; null where that is not known */
    GptPlan.Request partition(Path mount, String staged) {
        return new GptPlan.Request(label, startSector, size, mount, force, fileSystem.isFresh(),
                fileSystem.kernel(ReleaseModel.orOldest(staged).kernel()));
    }

    /** Of a disk that is staged, or becomes a copy. */
    GptPlan.Request partition() {
        return new GptPlan.Request(label, startSector, size, null, force, false,
                fileSystem.kernel(ReleaseModel.OLDEST.kernel()));
    }
}

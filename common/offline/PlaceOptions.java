package common.offline;

//SOURCES ../disk/DiskSize.java
//SOURCES ../oci/DiskNames.java

import common.disk.DiskSize;
import common.oci.DiskNames;
import picocli.CommandLine.Option;

/** Where on its disk a partition goes, one way or the other (picocli argument group, exclusive). */
public final class PlaceOptions {
    @Option(names = "--size", paramLabel = "SIZE", converter = DiskSize.class,
            description = "Of the partition, such as 100GiB, counted from the end of the disk.")
    private Long size;

    @Option(names = "--start-sector", paramLabel = "N", description = "Its first sector (default: "
            + DiskNames.START_SECTOR + ").")
    private Long startSector;

    /** Bytes; null when it was not given. */
    public Long size() {
        return size;
    }

    /** In units of 512 bytes; null when it was not given. */
    public Long startSector() {
        return startSector;
    }
}

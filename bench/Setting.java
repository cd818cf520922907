//SOURCES ../common/cli/Proc.java
//SOURCES ../lab/LabFolder.java
//SOURCES Contender.java
//SOURCES Report.java
//SOURCES Turns.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

import common.cli.Proc;

/**
 * Where and how is measured.
 *
 * @param lab the folder of all files
 * @param runs of each contender; of what takes minutes a few less
 * @param peers who is measured beside ours
 */
record Setting(Path repository, LabFolder lab, int runs, Set<String> peers, Report report) {
    private static final long DISK_BYTES = 24L << 30;

    int fewerRuns() {
        return Math.max(1, runs - 2);
    }

    Path log() {
        return lab.path().resolve("output.log");
    }

    /**
     * What stands for the node's disk: XFS, as CoreOS has it, on a sparse file. On ext4 a store that is made soon after
     * another was removed takes a third longer: the kernel passes over inodes that were freed in the last minute.
     */
    Path disk() throws IOException {
        if (!Files.exists(lab.disk())) {
            LabFolder.sparse(lab.disk(), DISK_BYTES);
            Proc.of("mkfs.xfs", "-q", lab.disk().toString()).check();
            Proc.of("mount", "-o", "loop", lab.disk().toString(), lab.mountPoint().toString()).check();
        }
        return lab.mountPoint();
    }

    Turns turns(List<Contender> contenders, int rounds) throws IOException {
        return Turns.of(contenders, rounds, log());
    }
}

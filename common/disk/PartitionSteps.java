package common.disk;

//SOURCES ../cli/Cli.java
//SOURCES ../cli/Proc.java
//SOURCES BlockDevice.java
//SOURCES DataFileSystem.java
//SOURCES PartitionStep.java

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

import common.cli.Cli;
import common.cli.Proc;
import common.disk.BlockDevice.Partition;

/** Runs the steps of a plan, and looks after each whether the disk is now as planned. */
record PartitionSteps(BlockDevice disk, Partition partition) {
    /** Runs the steps. A loop device that one of them attached is let go whatever happens. */
    void run(List<PartitionStep> steps) throws InterruptedException {
        String loop = "";
        boolean done = false;
        try {
            for (PartitionStep step : steps) {
                String out = step.proc(loop).check();
                loop = step.attaches() ? out.strip() : loop;
                readBack(step, loop);
            }
            done = true;
        } finally {
            if (!done && !loop.isEmpty()) {
                Proc.of("losetup", "--detach", loop).run();
            }
        }
    }

    /** Whether what the program was to do is done: sfdisk ends with 0 also when it added nothing. */
    private void readBack(PartitionStep step, String loop) throws InterruptedException {
        switch (step.argv().get(0)) {
            case "sfdisk" -> {
                List<Partition> now = disk.partitions();
                if (!now.contains(partition)) {
                    throw new Cli.Failure(disk.path() + ": sfdisk ended well, but the table has no such partition as "
                            + partition + "; it has " + now);
                }
            }
            case "partx" -> awaitNode();
            case "mkfs.xfs" -> DataFileSystem.checkMade(disk.regularFile() ? Path.of(loop)
                    : disk.node(partition.number()), disk.size(partition));
            case "mount" -> {
                Path mount = Path.of(step.argv().get(step.argv().size() - 1));
                String target = disk.regularFile() ? loop : disk.node(partition.number()).toString();
                if (!BlockDevice.mountedOn(mount).equals(Optional.of(target))) {
                    throw new Cli.Failure(mount + ": mount ended well, but " + target + " is not mounted there");
                }
            }
            default -> { }
        }
    }

    private void awaitNode() throws InterruptedException {
        for (int tenths = 0; !disk.hasNode(partition); tenths++) {
            if (tenths == 100) {
                throw new Cli.Failure(disk.node(partition.number())
                        + ": the kernel did not make it within 10 s; see dmesg, then run the same command again");
            }
            Thread.sleep(100);
        }
    }
}

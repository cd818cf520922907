package common.disk;

//SOURCES ../cli/Cli.java

import common.cli.Cli;

/** The GPT label of the data partition. */
public record PartitionLabel(String name) {
    /** The label unless said otherwise: the one place. */
    public static final String DEFAULT = "data";
    public static final PartitionLabel DATA = new PartitionLabel(DEFAULT);

    /** Throws a {@link Cli.Failure} with exit code 2 on characters that udev would escape in /dev/disk/by-partlabel. */
    public PartitionLabel {
        if (!name.matches("[A-Za-z0-9_][A-Za-z0-9_.:=@+-]{0,35}")) {
            throw new Cli.Failure(Cli.USAGE, "--label " + name + ": up to 36 of A-Z a-z 0-9 _ . : = @ + -");
        }
    }

    /** The symlink that udev makes. */
    public String device() {
        return "/dev/disk/by-partlabel/" + name;
    }

    @Override
    public String toString() {
        return name;
    }
}

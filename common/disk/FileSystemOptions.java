package common.disk;

import picocli.CommandLine.Option;

/** How the file system of the partition is made (picocli mixin and argument group). */
public final class FileSystemOptions {
    @Option(names = "--fresh", description = "Make the file system anew although the partition has XFS, as on a disk of "
            + "unknown origin: what is in it is lost.")
    private boolean fresh;

    @Option(names = "--node-kernel", paramLabel = "VERSION",
            description = "The oldest kernel that is to mount it (default: the release's, 4.18 up to 4.12, 5.14 after).")
    private String kernel;

    public boolean isFresh() {
        return fresh;
    }

    /** {@code released}: the kernel of the release, which counts where none was named. */
    public String kernel(String released) {
        return kernel != null ? kernel : released;
    }
}

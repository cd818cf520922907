//SOURCES ../common/cli/Proc.java
//SOURCES ../common/disk/MountEntry.java
//SOURCES ../common/storage/StoreWorkspace.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import common.cli.Proc;
import common.disk.MountEntry;
import common.storage.StoreWorkspace;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("Mounts whose names have characters that the kernel escapes")
class MountEntryTest {
    private static final String ODD = "a b\tc\nd\\040e";

    @TempDir
    Path root;

    @Test
    @DisplayName("the folder and the source are read as they were given")
    void asGiven() throws IOException {
        Path on = Files.createDirectory(root.resolve(ODD));
        Proc.of("mount", "-t", "tmpfs", "disk #1", on.toString()).check();
        try {
            assertEquals("disk #1", MountEntry.list(MountEntry.OWN).stream().filter(m -> m.on().equals(on))
                    .map(MountEntry::source).findFirst().orElse("not found"));
        } finally {
            Proc.of("umount", on.toString()).check();
        }
    }

    @Test
    @DisplayName("below a folder with such a name, the work folder of a store unmounts all that is in it")
    void workspace() throws IOException {
        Path parent = Files.createDirectory(root.resolve("a b\tc\nd")); // overlay takes no backslash
        Path on;
        try (StoreWorkspace workspace = StoreWorkspace.open(parent, "input")) {
            on = Files.createDirectory(workspace.store().resolve("overlay"));
            Proc.of("mount", "-t", "tmpfs", "tmpfs", on.toString()).check();
        }
        assertTrue(Proc.of("umount", on.toString()).run().exit() != 0, "it was still mounted");
    }
}

//SOURCES ../common/cli/Json.java
//SOURCES ../create-gpt-partition.java
//SOURCES ScriptRun.java
//SOURCES TestDisk.java

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A new disk for each test, and create-gpt-partition run on it. */
abstract class EmptyDisk {
    static final long GIB = 1024 * TestDisk.MIB;
    /** The type of Linux file systems, which sgdisk gives too. */
    static final String LINUX = "0FC63DAF-8483-4772-8E79-3D69D8477DE4";
    /** Where a partition of a 1 GiB disk ends: the last MiB holds the second table. */
    static final long END = 2095104;

    @TempDir
    Path folder;
    Path mount;
    TestDisk disk;

    @BeforeEach
    void sparseDisk() throws IOException {
        disk = new TestDisk(folder, GIB);
        mount = folder.toRealPath().resolve("mount");
    }

    @AfterEach
    void nothingStaysAttached() throws IOException {
        disk.close();
    }

    ScriptRun create(Object... more) {
        Object[] args = new Object[more.length + 2];
        args[0] = "--device";
        args[1] = disk.device;
        System.arraycopy(more, 0, args, 2, more.length);
        return ScriptRun.of(new CreateGptPartition(), args);
    }

    /** A line of the table as it should be; the end is exclusive. */
    static String partition(int number, long start, long end, String name) {
        return number + ":start=" + start + ",size=" + (end - start) + ",type=" + LINUX + ",name=\"" + name + "\"";
    }

    static void ok(ScriptRun result) {
        assertEquals(0, result.exit(), result.toString());
    }
}

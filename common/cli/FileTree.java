package common.cli;

//SOURCES Proc.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** A folder with all that is in it. */
public final class FileTree {
    private FileTree() {
    }

    /** What a folder takes on its disk. */
    public static long bytes(Path folder) {
        String du = Proc.of("du", "--summarize", "--block-size=1", folder.toString()).check();
        return Long.parseLong(du.split("\\s")[0]);
    }

    /** Removes a folder and what is in it, following no link. */
    public static void delete(Path folder) throws IOException {
        if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}

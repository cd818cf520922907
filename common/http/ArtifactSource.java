package common.http;

//SOURCES ../cli/Cli.java
//SOURCES Download.java
//SOURCES Listing.java

import java.nio.file.attribute.FileTime;

import common.cli.Cli;

/**
 * A {@code container-images} folder to stage from, near or far. Paths are relative to it, with no slash at either end;
 * {@code ""} is the folder itself. What cannot be had is a {@link Cli.Failure} that names it. Safe for several threads.
 */
public interface ArtifactSource {
    /** Larger listings and documents are refused: they are held in memory. */
    int MAX_DOCUMENT = 32 << 20;

    /** The source does not have the file. */
    class Missing extends Cli.Failure {
        Missing(String message) {
            super(message);
        }
    }

    /** Size in bytes, -1 when the source does not say; {@code modified} may be null. */
    record Facts(long size, FileTime modified) {
    }

    /** The names in a folder. */
    Listing list(String folder);

    /** A whole small file. */
    byte[] read(String path);

    Facts facts(String path);

    /** The file, for a {@link Download}. */
    Download.Source source(String path);

    /** Its address, for a message. */
    String where(String path);

    /** What went wrong with a download from here, in words. */
    String explain(Exception e);
}

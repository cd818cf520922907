package common.staging;

//SOURCES ../http/ArtifactSource.java
//SOURCES ../http/Download.java
//SOURCES ../oci/Digest.java
//SOURCES ../oci/DiskNames.java
//SOURCES ServedRelease.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;

import common.http.ArtifactSource;
import common.http.Download;
import common.oci.Digest;
import common.oci.DiskNames;

/**
 * A file to stage that is streamed onto the partition: a blob, node.tar, the store, a tarball.
 *
 * @param from its name on the server
 * @param target its place; the download's own target is another one where the file may replace one of an earlier staging
 * @param here whether it is whole, in its place or on the way there
 * @param modified what its time becomes so that the next run knows it again; null where its digest is known
 */
record LargeFile(String from, Path target, Download download, boolean here, FileTime modified) {
    /** One that is no blob: its name does not say which bytes it has, so it waits in {@link DiskNames#INCOMING}. */
    static LargeFile of(ServedRelease.File file, ArtifactSource server, Path partition) throws IOException {
        Path target = partition.resolve(file.path());
        Path incoming = partition.resolve(DiskNames.INCOMING).resolve(file.path());
        Path partial = incoming.resolveSibling(".partial-" + target.getFileName());
        if (file.sha256() != null) {
            boolean placed = isHere(file, target);
            Download download = new Download(partial, placed ? target : incoming, file.size(), file.sha256());
            return new LargeFile(file.from(), target, download, placed || isHere(file, incoming), null);
        }
        ArtifactSource.Facts facts = server.facts(file.from());
        boolean placed = isHere(facts, target);
        return new LargeFile(file.from(), target, new Download(partial, placed ? target : incoming, facts.size(), null),
                placed || isHere(facts, incoming), facts.modified());
    }

    private static boolean isHere(ServedRelease.File file, Path here) throws IOException {
        return Files.isRegularFile(here) && Files.size(here) == file.size() && Digest.of(here).equals(file.sha256());
    }

    private static boolean isHere(ArtifactSource.Facts facts, Path here) throws IOException {
        return Files.isRegularFile(here) && Files.size(here) == facts.size()
                && Files.getLastModifiedTime(here).equals(facts.modified());
    }

    boolean isNode() {
        return from.equals(DiskNames.NODE_TAR);
    }

    boolean isStore() {
        return from.equals(DiskNames.STORE);
    }

    long size() {
        return Math.max(0, download.size());
    }

    /** Bytes that an earlier run left. */
    long partialBytes() {
        try {
            return Math.min(Files.size(download.partial()), size());
        } catch (IOException e) {
            return 0;
        }
    }
}

package common.http;

//SOURCES ../cli/Cli.java
//SOURCES ArtifactSource.java
//SOURCES Download.java
//SOURCES Http.java
//SOURCES Listing.java

import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;

import common.cli.Cli;
import okhttp3.MediaType;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.ResponseBody;
import okio.Okio;

/** A {@code container-images} folder on this host. Every byte is checked as if it came from a server. */
public final class ArtifactFolder implements ArtifactSource {
    private final Path root;

    public ArtifactFolder(Path root) {
        this.root = root.toAbsolutePath().normalize();
    }

    @Override
    public Listing list(String folder) {
        SortedSet<String> files = new TreeSet<>();
        SortedSet<String> folders = new TreeSet<>();
        return reading(folder, path -> {
            try (Stream<Path> entries = Files.list(path)) {
                entries.filter(e -> Listing.isPlain(e.getFileName().toString()))
                        .forEach(e -> (Files.isDirectory(e) ? folders : files).add(e.getFileName().toString()));
            }
            return new Listing(files, folders);
        });
    }

    @Override
    public byte[] read(String path) {
        return reading(path, file -> {
            if (Files.size(file) > MAX_DOCUMENT) {
                throw new Cli.Failure(file + ": more than " + (MAX_DOCUMENT >> 20) + " MiB, which is not a document of ours; "
                        + "is this a container-images folder?");
            }
            return Files.readAllBytes(file);
        });
    }

    @Override
    public Facts facts(String path) {
        return reading(path, file -> new Facts(Files.size(file), Files.getLastModifiedTime(file)));
    }

    /** Answers as a web server would, since that is what {@link Download} goes by (RFC 9110 sections 14 and 15). */
    @Override
    public Download.Source source(String path) {
        return (offset, validator) -> reading(path, file -> {
            FileChannel channel = FileChannel.open(file);
            long size = channel.size();
            boolean past = offset > 0 && offset >= size;
            channel.position(Math.min(offset, size));
            return new Response.Builder().request(new Request.Builder().url("http://localhost/").build())
                    .protocol(Protocol.HTTP_1_1).message("").code(past ? 416 : offset > 0 ? 206 : 200)
                    .header("Content-Range", past ? "bytes */" + size : "bytes " + offset + "-" + (size - 1) + "/" + size)
                    .body(ResponseBody.create(Okio.buffer(Okio.source(Channels.newInputStream(channel))), (MediaType) null,
                            size - Math.min(offset, size))).build();
        });
    }

    @Override
    public String where(String path) {
        return root.resolve(path).toString();
    }

    @Override
    public String explain(Exception e) {
        return Cli.describe(e);
    }

    private interface Reading<R> {
        R of(Path file) throws IOException;
    }

    /** A fault of the source is not one of the disk that is written, which would end the run. */
    private <R> R reading(String path, Reading<R> reading) {
        Path file = root.resolve(path).normalize();
        try {
            if (!file.startsWith(root)) {
                throw new Cli.Failure(path + ": a path that leaves " + root);
            }
            return reading.of(file);
        } catch (NoSuchFileException e) {
            throw new Missing(file + ": no such file");
        } catch (IOException e) {
            throw new Cli.Failure(Cli.FAILED, file + ": " + Cli.describe(e), e);
        }
    }
}

package common.http;

//SOURCES ../cli/AtomicFile.java
//SOURCES ../oci/Digest.java
//SOURCES Retry.java

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.Set;
import java.util.function.LongConsumer;

import common.cli.AtomicFile;
import common.oci.Digest;
import okhttp3.Response;

/**
 * Fetches one file so that its name means it is whole: into a partial file, hashed while it streams, fsynced, renamed.
 * A partial file of an earlier run, or of a connection that broke, is continued with Range (RFC 9110 section 14); a
 * server that answers 200 instead of 206 starts it again.
 *
 * @param partial where the bytes gather; stays when the download fails, unless they proved wrong
 * @param target the name of the whole file
 * @param size in bytes; -1 when not known
 * @param digest what the bytes must have; null when not known
 */
public record Download(Path partial, Path target, long size, Digest digest) {
    private static final int BUFFER = 128 << 10;

    /** The file on the server. {@code open} returns status 200 or 206, or 416, or throws. */
    public interface Source {
        /**
         * @param offset first byte wanted; 0 for all, without Range
         * @param validator the ETag or Last-Modified seen before, for If-Range; null when none is known
         */
        Response open(long offset, String validator) throws IOException;
    }

    /** The server's bytes are not the file: another source may have it, this one will not. */
    public static final class Mismatch extends IOException {
        Mismatch(String message) {
            super(message);
        }
    }

    /** The server will not give the file, however often it is asked. */
    public static class Refused extends IOException {
        protected Refused(String message) {
            super(message);
        }
    }

    /**
     * Fetches the file and returns its digest. {@code progress} hears how many more bytes are in the partial file,
     * those of an earlier run included, and a negative number when some must be fetched again. Throws {@link Mismatch}
     * when size or digest are not as stated, {@link Refused} as the source does, and the last {@link IOException} when
     * five tries in a row brought no more.
     */
    public Digest from(Source source, LongConsumer progress) throws IOException {
        try (Partial part = new Partial(progress)) {
            boolean resumed = part.have > 0;
            long furthest = part.have;
            for (Retry retry = new Retry();;) {
                try {
                    part.fetchRest(source);
                    return part.finish();
                } catch (FileSystemException | Refused e) {
                    throw e; // our own disk; or the server, for good
                } catch (Mismatch e) {
                    part.restart();
                    if (!resumed) {
                        part.delete();
                        throw e;
                    }
                    resumed = false; // what the earlier run left may have been at fault
                } catch (IOException e) {
                    if (part.have > furthest) {
                        retry.progressed();
                        furthest = part.have;
                    }
                    if (!retry.again(e)) {
                        throw e;
                    }
                }
            }
        }
    }

    /** The open partial file: {@code have} bytes are in it and in the hash. */
    private final class Partial implements AutoCloseable {
        private final Path validatorFile = partial.resolveSibling(partial.getFileName() + ".etag");
        private final LongConsumer progress;
        private final MessageDigest sha256 = Digest.sha256();
        private final byte[] buffer = new byte[BUFFER];
        private final FileChannel file;
        private String validator;
        private long have;

        Partial(LongConsumer progress) throws IOException {
            this.progress = progress;
            file = FileChannel.open(partial, Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ,
                    StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS));
            validator = Files.exists(validatorFile) ? Files.readString(validatorFile) : null;
            boolean unknown = digest == null && validator == null; // nothing would tell that it is of another version
            if (unknown || size >= 0 && file.size() > size) {
                file.truncate(0);
            }
            try {
                for (int n; (n = file.read(ByteBuffer.wrap(buffer))) > 0; have += n) {
                    sha256.update(buffer, 0, n);
                }
            } catch (IOException e) {
                file.close();
                throw AtomicFile.named(partial, e); // our disk, not the server's fault
            }
            progress.accept(have);
        }

        void fetchRest(Source source) throws IOException {
            if (have == size) {
                return;
            }
            try (Response response = source.open(have, validator)) {
                if (response.code() == 416) {
                    if (("bytes */" + have).equals(response.header("Content-Range"))) {
                        if (size < 0) {
                            return;
                        }
                        throw new Mismatch("the server's file has " + have + " bytes, not the stated " + size);
                    }
                    restart();
                    throw new EOFException("the server's file is shorter than what was fetched before");
                }
                if (have > 0 && !String.valueOf(response.header("Content-Range")).startsWith("bytes " + have + "-")) {
                    restart();
                    if (response.code() == 206) {
                        throw new EOFException("the server sent another range than asked");
                    }
                }
                remember(response.header("ETag", response.header("Last-Modified")));
                append(response.body().byteStream());
            }
        }

        private void append(InputStream body) throws IOException {
            for (int n; (n = body.readNBytes(buffer, 0, BUFFER)) > 0;) {
                if (size >= 0 && have + n > size) {
                    throw new Mismatch("more than the stated " + size + " bytes");
                }
                sha256.update(buffer, 0, n);
                write(ByteBuffer.wrap(buffer, 0, n));
                have += n;
                progress.accept(n);
            }
            if (have < size) {
                throw new EOFException("ended after " + have + " of " + size + " bytes");
            }
        }

        private void write(ByteBuffer bytes) throws FileSystemException {
            try {
                for (long at = have; bytes.hasRemaining();) {
                    at += file.write(bytes, at);
                }
            } catch (IOException e) {
                throw AtomicFile.named(partial, e);
            }
        }

        Digest finish() throws IOException {
            Digest actual = Digest.of(sha256);
            if (digest != null && !actual.equals(digest)) {
                throw new Mismatch("the bytes have " + actual + ", not " + digest);
            }
            try {
                file.force(true);
            } catch (IOException e) {
                throw AtomicFile.named(partial, e);
            }
            AtomicFile.rename(partial, target);
            Files.deleteIfExists(validatorFile);
            return actual;
        }

        void restart() throws IOException {
            progress.accept(-have);
            file.truncate(0);
            sha256.reset();
            have = 0;
            validator = null;
        }

        void delete() throws IOException {
            Files.deleteIfExists(partial);
            Files.deleteIfExists(validatorFile);
        }

        private void remember(String seen) throws IOException {
            if (digest == null && seen != null && !seen.equals(validator)) {
                validator = seen;
                Files.write(validatorFile, seen.getBytes(StandardCharsets.UTF_8), StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING, LinkOption.NOFOLLOW_LINKS);
            }
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}

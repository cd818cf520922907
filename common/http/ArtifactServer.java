package common.http;

//SOURCES ../cli/Cli.java
//SOURCES ArtifactSource.java
//SOURCES Download.java
//SOURCES Http.java
//SOURCES Listing.java
//SOURCES Retry.java

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Date;
import java.util.Optional;

import common.cli.Cli;
import okhttp3.Headers;
import okhttp3.HttpUrl;
import okhttp3.Response;

/**
 * A web server with the factory's {@code container-images} folder. Nothing but addresses below the base is ever asked
 * for, and a redirect is an error: it would lead elsewhere. Paths have no slash at either end; {@code ""} is the base.
 */
public final class ArtifactServer implements ArtifactSource {
    private final Http http;
    private final HttpUrl base;

    private ArtifactServer(HttpUrl base, Path certDir) {
        this.http = new Http(certDir, false);
        this.base = base;
    }

    /**
     * The server at {@code HOST}, {@code HOST:PORT} or {@code http[s]://HOST[:PORT]/PATH}.
     *
     * @param certDir as {@link Http} has it; null for none
     */
    public static ArtifactServer at(String address, Path certDir) {
        HttpUrl url = HttpUrl.parse(address.contains("://") ? address : "http://" + address);
        boolean more = url != null && (url.query() != null || url.fragment() != null
                || !url.username().isEmpty() || !url.password().isEmpty());
        if (url == null || more) {
            throw new Cli.Failure(Cli.USAGE, "not an address of a web server: expected HOST, HOST:PORT or "
                    + "http://HOST:PORT/PATH");
        }
        return new ArtifactServer(url.encodedPath().endsWith("/") ? url : url.newBuilder().addPathSegment("").build(),
                certDir);
    }

    @Override
    public Listing list(String folder) {
        HttpUrl url = folder.isEmpty() ? base : url(folder + "/");
        return Listing.parse(new String(read(url), StandardCharsets.UTF_8), url);
    }

    /** What time it is there, to a second; empty when it does not tell (RFC 9110 section 6.6.1). */
    public Optional<Instant> time() {
        try (Response response = answer(base, http.head(base, headers()))) {
            return Optional.ofNullable(response.headers().getDate("Date")).map(Date::toInstant);
        } catch (IOException e) {
            throw new Cli.Failure(Cli.FAILED, base + ": " + Http.explain(e, base.host()), e);
        }
    }

    /** Asks again when the connection breaks. */
    @Override
    public byte[] read(String path) {
        return read(url(path));
    }

    @Override
    public Facts facts(String path) {
        HttpUrl url = url(path);
        try (Response response = answer(url, http.head(url, headers()))) {
            String size = response.header("Content-Length", "-1");
            Date modified = response.headers().getDate("Last-Modified");
            return new Facts(size.matches("\\d{1,18}") ? Long.parseLong(size) : -1,
                    modified == null ? null : FileTime.from(modified.toInstant()));
        } catch (IOException e) {
            throw new Cli.Failure(Cli.FAILED, url + ": " + Http.explain(e, base.host()), e);
        }
    }

    /** The file for {@link Download}; a refusal that another try would not change is a {@link Cli.Failure}. */
    @Override
    public Download.Source source(String path) {
        HttpUrl url = url(path);
        return (offset, validator) -> {
            Headers.Builder headers = headers().newBuilder();
            if (offset > 0) {
                headers.add("Range", "bytes=" + offset + "-");
                if (validator != null) {
                    headers.add("If-Range", validator);
                }
            }
            return answer(url, http.get(url, headers.build(), true));
        };
    }

    @Override
    public String explain(Exception e) {
        return e instanceof IOException io ? Http.explain(io, base.host()) : Cli.describe(e);
    }

    @Override
    public String where(String path) {
        return url(path).toString();
    }

    public HttpUrl url(String path) {
        return base.newBuilder().addPathSegments(path).build();
    }

    /** Bytes as they are on the server's disk: Content-Encoding would make sizes and ranges mean something else. */
    private static Headers headers() {
        return Headers.of("Accept-Encoding", "identity");
    }

    private byte[] read(HttpUrl url) {
        try {
            for (Retry retry = new Retry();;) {
                try (Response response = answer(url, http.get(url, headers(), true))) {
                    byte[] bytes = response.body().byteStream().readNBytes(MAX_DOCUMENT + 1);
                    if (bytes.length > MAX_DOCUMENT) {
                        throw new Cli.Failure(url + ": more than " + (MAX_DOCUMENT >> 20) + " MiB, which is no listing "
                                + "or document of ours; is this the artifact server?");
                    }
                    return bytes;
                } catch (IOException e) {
                    if (!retry.again(e)) {
                        throw e;
                    }
                }
            }
        } catch (IOException e) {
            throw new Cli.Failure(Cli.FAILED, url + ": " + Http.explain(e, base.host()), e);
        }
    }

    private static Response answer(HttpUrl url, Response response) {
        int code = response.code();
        if (code == 200 || code == 206 || code == 416) {
            return response;
        }
        String wait = Retry.words(response.header("Retry-After"));
        response.close();
        if (code >= 300 && code < 400) {
            throw new Cli.Failure(url + ": the server redirects to " + response.header("Location", "nowhere")
                    + ", which is not followed; give the address that has the files");
        }
        if (code == 404 || code == 410) {
            throw new Missing(url + ": not on the server (HTTP " + code + ")");
        }
        throw new Cli.Failure(url + ": HTTP " + code + (!wait.isEmpty() ? wait : Retry.isPassing(code)
                ? ", tried several times"
                : url.encodedPath().endsWith("/") ? "; are directory listings on (nginx: autoindex on)?"
                : "; may the web server read the file?"));
    }
}

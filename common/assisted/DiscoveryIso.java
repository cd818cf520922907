package common.assisted;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Progress.java
//SOURCES ../http/Download.java
//SOURCES ../http/Http.java
//SOURCES AssistedInstaller.java

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Pattern;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Progress;
import common.http.Download;
import common.http.Http;
import okhttp3.HttpUrl;
import okhttp3.Request;
import okhttp3.Response;

/**
 * The discovery ISO, downloaded so that a broken or repeated run goes on where it was. The image service gives no ETag
 * and no HEAD: the ISO's version is the time its infra-env was updated, kept in the partial file's name and as the time
 * of the whole one. Its address may carry a token, and so is in no message.
 */
public final class DiscoveryIso {
    private final AssistedInstaller service;
    private final Http http;
    private final String infraEnvId;

    public DiscoveryIso(AssistedInstaller service, Http http, String infraEnvId) {
        this.service = service;
        this.http = http;
        this.infraEnvId = infraEnvId;
    }

    /** The image service will not give it: its token has ended, say. */
    private static final class Refused extends Download.Refused {
        Refused(int status) {
            super("the image service answers " + status + "; is it running, and does its address fit this network?");
        }
    }

    /** Downloads unless the file is this ISO already; the result in words. */
    public String download(Path file) throws IOException {
        JsonNode env = service.infraEnv(infraEnvId);
        Instant version = AssistedInstaller.instant(env.path("updated_at")).orElse(Instant.EPOCH);
        FileTime stamp = FileTime.from(Instant.ofEpochSecond(version.getEpochSecond()));
        if (Files.exists(file) && Files.getLastModifiedTime(file).equals(stamp) && Files.size(file) == size()) {
            return file + ", there already";
        }
        Path folder = file.toAbsolutePath().getParent();
        Path partial = folder.resolve("." + file.getFileName() + "." + infraEnvId + "." + version.toEpochMilli()
                + ".partial");
        Path validator = partial.resolveSibling(partial.getFileName() + ".etag");
        if (!Files.exists(validator)) {
            Files.writeString(validator, infraEnvId); // the name is the validator; this lets a later run go on
        }
        try (Progress progress = Progress.start("ISO", -1)) {
            progress.begin(file.toString());
            fetch(new Download(partial, file, -1, null), progress);
        }
        Files.setLastModifiedTime(file, stamp);
        removePartials(folder, "." + file.getFileName() + "."); // of other versions
        return "%s, %.1f MB".formatted(file, Files.size(file) / 1e6);
    }

    private static void removePartials(Path folder, String prefix) throws IOException {
        try (DirectoryStream<Path> partials = Files.newDirectoryStream(folder, p -> p.getFileName().toString()
                .matches(Pattern.quote(prefix) + "[0-9a-f-]{36}\\.\\d+\\.partial(\\.etag)?"))) {
            for (Path partial : partials) {
                Files.delete(partial);
            }
        }
    }

    private void fetch(Download download, Progress progress) throws IOException {
        for (boolean again = true;; again = false) {
            HttpUrl url = service.isoUrl(infraEnvId);
            try {
                download.from((offset, validator) -> open(url, offset), progress::advance);
                return;
            } catch (Refused e) {
                if (!again) {
                    throw e;
                }
            }
        }
    }

    private Response open(HttpUrl url, long offset) throws IOException {
        Request.Builder request = new Request.Builder().url(url).header("Accept-Encoding", "identity");
        Response response = http.once(offset == 0 ? request.build()
                : request.header("Range", "bytes=" + offset + "-").build());
        if (response.isSuccessful() || response.code() == 416) {
            return response;
        }
        response.close();
        if (response.code() >= 500) {
            throw new IOException("the image service answers " + response.code() + "; run the same command again");
        }
        throw new Refused(response.code());
    }

    private long size() throws IOException {
        try (Response response = open(service.isoUrl(infraEnvId), 0)) {
            return Optional.ofNullable(response.header("Content-Length")).map(Long::parseLong).orElse(-1L);
        }
    }
}

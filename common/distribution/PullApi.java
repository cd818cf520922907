package common.distribution;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../oci/Digest.java
//SOURCES ../oci/Manifest.java
//SOURCES Answer.java
//SOURCES ByteRange.java
//SOURCES Reference.java
//SOURCES StagedImages.java

import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.cli.Json;
import common.oci.Digest;
import common.oci.Manifest;

/**
 * The pull half of the distribution specification (github.com/opencontainers/distribution-spec, spec.md 1.1): from a
 * request to an answer. A repository's name is the reference's own, host first; a digest is answered under any name,
 * since what it means does not depend on it. Accept is not looked at: the bytes of a digest have one media type, and a
 * 404 for lack of a header would send the client to the network. Safe for use from several threads.
 */
public final class PullApi {
    private static final Pattern ROUTE = Pattern.compile("/v2/(.{1,255}?)/(manifests|blobs|tags)/([^/]{1,200})");
    private static final Pattern DIGEST = Pattern.compile("sha256:[0-9a-f]{64}");
    private static final int PAGE = 1000;

    private final StagedImages images;

    public PullApi(StagedImages images) {
        this.images = images;
    }

    /** What may come with a GET or HEAD; the path as sent, and null for what is absent. */
    public record Request(String method, String path, String query, String range, String ifRange) {
        private boolean isGet() {
            return method.equals("GET");
        }

        private String parameter(String name) {
            for (String pair : (query == null ? "" : query).split("&")) {
                if (pair.startsWith(name + "=")) {
                    return pair.substring(name.length() + 1).replaceAll("(?i)%2f", "/");
                }
            }
            return "";
        }
    }

    /** Throws {@link IOException} when the disk does not answer. */
    public Answer answer(Request request) throws IOException {
        if (!request.isGet() && !request.method.equals("HEAD")) {
            return Answer.error(405, "UNSUPPORTED", "this registry is read-only").with("Allow", "GET, HEAD");
        }
        String path = request.path.replaceAll("(?i)%3a", ":"); // a digest's colon, as some clients send it
        if (path.equals("/v2/") || path.equals("/v2")) {
            return Answer.json(200, Json.object());
        }
        if (path.equals("/v2/_catalog")) {
            return page(request, path, Json.object(), "repositories", images.paths());
        }
        Matcher route = ROUTE.matcher(path);
        if (!route.matches() || !Reference.isPath(route.group(1))) {
            return Answer.error(404, "NAME_INVALID", "no such resource");
        }
        String repository = route.group(1);
        String what = route.group(3);
        return switch (route.group(2)) {
            case "manifests" -> manifest(repository, what);
            case "blobs" -> blob(request, what);
            default -> what.equals("list") ? tags(request, path, repository)
                    : Answer.error(404, "NAME_INVALID", "no such resource");
        };
    }

    private Answer manifest(String repository, String reference) throws IOException {
        Optional<Digest> digest = DIGEST.matcher(reference).matches() ? Optional.of(Digest.parse(reference))
                : images.tagged(repository, reference);
        Optional<Manifest> manifest = digest.isEmpty() ? Optional.empty() : images.manifest(digest.get());
        if (manifest.isEmpty()) {
            return Answer.error(404, "MANIFEST_UNKNOWN", "not here, or not whole");
        }
        return named(digest.get(), Answer.of(200, manifest.get().descriptor().mediaType(), manifest.get().bytes()));
    }

    private Answer blob(Request request, String reference) throws IOException {
        if (!DIGEST.matcher(reference).matches()) {
            return Answer.error(400, "DIGEST_INVALID", "not a sha256 digest");
        }
        Digest digest = Digest.parse(reference);
        Optional<StagedImages.Blob> blob = images.sizedBlob(digest);
        if (blob.isEmpty()) {
            return Answer.error(404, "BLOB_UNKNOWN", "not here, or not of its size");
        }
        long size = blob.get().size();
        boolean same = request.ifRange == null || request.ifRange.equals(tag(digest));
        ByteRange part = ByteRange.of(request.isGet() && same ? request.range : null, size);
        if (part.length() == 0 && size > 0) {
            return Answer.error(416, "SIZE_INVALID", "the blob has " + size + " bytes")
                    .with("Content-Range", "bytes */" + size);
        }
        Answer answer = Answer.part(part.length() == size ? 200 : 206, blob.get().file(), part.from(), part.length())
                .with("Accept-Ranges", "bytes");
        if (part.length() < size) {
            answer.with("Content-Range", "bytes " + part.from() + "-" + (part.from() + part.length() - 1) + "/" + size);
        }
        return named(digest, answer);
    }

    private static Answer named(Digest digest, Answer answer) {
        return answer.with("Docker-Content-Digest", digest.toString()).with("ETag", tag(digest));
    }

    private static String tag(Digest digest) {
        return '"' + digest.toString() + '"';
    }

    private Answer tags(Request request, String path, String repository) throws IOException {
        Optional<List<String>> tags = images.tags(repository);
        return tags.isEmpty() ? Answer.error(404, "NAME_UNKNOWN", "no such repository here")
                : page(request, path, Json.object().put("name", repository), "tags", tags.get());
    }

    /** Those after {@code last}, {@code n} at most, with a link to what is left (RFC 5988). {@code all} are sorted. */
    private static Answer page(Request request, String path, ObjectNode document, String name, Collection<String> all) {
        String n = request.parameter("n");
        if (!n.matches("[0-9]{0,9}")) {
            return Answer.error(400, "PAGINATION_NUMBER_INVALID", "n is a number");
        }
        int most = n.isEmpty() ? PAGE : Integer.parseInt(n);
        String last = request.parameter("last");
        List<String> rest = all.stream().filter(e -> e.compareTo(last) > 0).toList();
        ArrayNode entries = document.putArray(name);
        rest.stream().limit(most).forEach(entries::add);
        Answer answer = Answer.json(200, document);
        return entries.size() == rest.size() || most == 0 ? answer : answer.with("Link", "<" + path + "?n=" + most
                + "&last=" + entries.get(most - 1).asText().replace("/", "%2F") + ">; rel=\"next\"");
    }

    /** The answer to a request that the disk did not answer; the next client asks somebody else. */
    static Answer failed(Throwable reason) {
        return Answer.error(503, "UNKNOWN", Cli.describe(reason));
    }
}

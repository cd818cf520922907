//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/oci/Descriptor.java
//SOURCES ../common/oci/Digest.java
//SOURCES ../common/oci/Manifest.java
//SOURCES ../common/oci/OciLayout.java
//SOURCES ../container-images/registry.java
//SOURCES RunningRegistry.java
//SOURCES ScriptRun.java
//SOURCES Scripts.java
//SOURCES ServedTree.java
//SOURCES TestImages.java

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

import common.cli.Cli;
import common.cli.Json;
import common.cli.Proc;
import common.oci.Descriptor;
import common.oci.Digest;
import common.oci.Manifest;
import common.oci.OciLayout;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("registry, asked over HTTP,")
class RegistryTest {
    private static final String TAGGED = "registry.example.com:5000/team/app";
    @TempDir
    static Path temp;
    private static Path root;
    private static RunningRegistry registry;
    private static OciLayout set;
    private static Manifest list;
    private static Manifest app;
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    @BeforeAll
    static void serve() throws IOException {
        root = ServedTree.small(Files.createDirectory(temp.resolve("container-images"))).root;
        TestImages more = new TestImages(root.resolve("others"), null);
        app = more.manifest(Manifest.OCI, more.layer("app", 100_000));
        more.add(TAGGED + ":1.0", app);
        more.add("quay.io/team/app@" + app.descriptor().digest(), app);
        Files.writeString(root.resolve("others/images.txt"), "# one\n" + TAGGED + ":1.0 latest # also\n");
        set = OciLayout.at(root.resolve("images-4.10.3"), null);
        list = set.manifest(set.images().get(0).digest());
        registry = RunningRegistry.of(root, temp.resolve("registry"));
    }

    @AfterAll
    static void end() {
        registry.close();
    }

    private static HttpResponse<byte[]> ask(String method, String path, String... headers) throws IOException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(registry.url(path)))
                .method(method, HttpRequest.BodyPublishers.noBody());
        if (headers.length > 0) {
            request.headers(headers);
        }
        try {
            return CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    private static HttpResponse<byte[]> get(String path, String... headers) throws IOException {
        return ask("GET", path, headers);
    }

    private static String header(HttpResponse<byte[]> answer, String name) {
        return answer.headers().firstValue(name).orElse("");
    }

    private static String text(HttpResponse<byte[]> answer) {
        return new String(answer.body(), StandardCharsets.UTF_8).replaceAll("\\s+", "");
    }

    @Test
    @DisplayName("answers the bytes of every listed manifest, with their media type and digest, host first in the name")
    void manifests() throws IOException {
        for (Descriptor image : set.images()) {
            HttpResponse<byte[]> answer = get("/v2/" + image.name().replace("@", "/manifests/"));
            assertEquals(200, answer.statusCode());
            assertEquals(image.digest(), Digest.of(answer.body()));
            assertEquals(image.mediaType(), header(answer, "Content-Type"));
            assertEquals(image.digest().toString(), header(answer, "Docker-Content-Digest"));
        }
    }

    @Test
    @DisplayName("has a repository of a host with a port under HOST_PORT, by its tag and by the tag that the list adds")
    void hostWithPort() throws IOException {
        for (String tag : List.of("1.0", "latest")) {
            HttpResponse<byte[]> answer = get("/v2/registry.example.com_5000/team/app/manifests/" + tag);
            assertArrayEquals(app.bytes(), answer.body());
            assertEquals(Manifest.OCI, header(answer, "Content-Type"));
        }
        assertEquals(404, get("/v2/registry.example.com_5000/team/app/manifests/2.0").statusCode());
        assertEquals(404, get("/v2/quay.io/team/app/manifests/1.0").statusCode());
    }

    @Test
    @DisplayName("answers a digest under any repository name, and one it lacks with 404 MANIFEST_UNKNOWN")
    void anyName() throws IOException {
        assertArrayEquals(list.bytes(), get("/v2/hub.local_5000/ocp/mirror/manifests/" + list.descriptor().digest()).body());
        Digest other = Digest.of("other".getBytes());
        HttpResponse<byte[]> lacking = get("/v2/quay.io/team/app/manifests/" + other);
        assertEquals(404, lacking.statusCode());
        assertTrue(text(lacking).startsWith("{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\""), text(lacking));
        HttpResponse<byte[]> signature = get("/v2/quay.io/team/app/manifests/sha256-" + other.hex() + ".sig");
        assertEquals(404, signature.statusCode());
        assertEquals(404, get("/v2/quay.io/team/app/blobs/" + other).statusCode());
    }

    @Test
    @DisplayName("takes a digest whose colon is escaped")
    void escaped() throws IOException {
        String digest = list.descriptor().digest().toString().replace(":", "%3A");
        assertArrayEquals(list.bytes(), get("/v2/quay.io/team/app/manifests/" + digest).body());
    }

    @Test
    @DisplayName("answers HEAD with the same headers and no body")
    void head() throws IOException {
        Descriptor layer = app.layers().get(0);
        for (String path : List.of("/v2/a/manifests/" + list.descriptor().digest(), "/v2/a/blobs/" + layer.digest())) {
            HttpResponse<byte[]> get = get(path);
            HttpResponse<byte[]> head = ask("HEAD", path);
            assertEquals(0, head.body().length);
            for (String name : List.of("Content-Length", "Content-Type", "Docker-Content-Digest", "ETag")) {
                assertEquals(header(get, name), header(head, name));
            }
        }
    }

    @Test
    @DisplayName("answers a range of a blob: 206 from an offset, 416 behind the end, all for what it does not know")
    void ranges() throws IOException {
        Descriptor layer = app.layers().get(0);
        String path = "/v2/a/blobs/" + layer.digest();
        byte[] all = Files.readAllBytes(set.blob(layer.digest()));
        HttpResponse<byte[]> rest = get(path, "Range", "bytes=1000-");
        assertEquals(206, rest.statusCode());
        assertEquals("bytes 1000-" + (all.length - 1) + "/" + all.length, header(rest, "Content-Range"));
        assertArrayEquals(Arrays.copyOfRange(all, 1000, all.length), rest.body());
        assertArrayEquals(Arrays.copyOfRange(all, 5, 8), get(path, "Range", "bytes=5-7").body());
        assertArrayEquals(Arrays.copyOfRange(all, all.length - 9, all.length),
                get(path, "Range", "bytes=-9").body());
        HttpResponse<byte[]> behind = get(path, "Range", "bytes=" + all.length + "-");
        assertEquals(416, behind.statusCode());
        assertEquals("bytes */" + all.length, header(behind, "Content-Range"));
        for (String ignored : List.of("bytes=0-1,5-6", "lines=1-2", "bytes=9-5")) {
            assertEquals(200, get(path, "Range", ignored).statusCode(), ignored);
        }
        assertEquals(200, get(path, "Range", "bytes=5-7", "If-Range", "\"another\"").statusCode());
    }

    @Test
    @DisplayName("takes Accept as several header lines, or none")
    void accept() throws IOException {
        String path = "/v2/a/manifests/" + app.descriptor().digest();
        assertEquals(200, get(path, "Accept", Manifest.DOCKER, "Accept", Manifest.OCI).statusCode());
        assertEquals(200, get(path).statusCode());
    }

    @Test
    @DisplayName("lists repositories and tags, in pages")
    void lists() throws IOException {
        assertTrue(text(get("/v2/_catalog")).contains("\"registry.example.com_5000/team/app\""));
        HttpResponse<byte[]> page = get("/v2/registry.example.com_5000/team/app/tags/list?n=1");
        assertEquals("{\"name\":\"registry.example.com_5000/team/app\",\"tags\":[\"1.0\"]}", text(page));
        String next = header(page, "Link").replaceFirst("<(.*)>; rel=\"next\"", "$1");
        assertEquals("{\"name\":\"registry.example.com_5000/team/app\",\"tags\":[\"latest\"]}", text(get(next)));
        assertEquals(404, get("/v2/nobody/tags/list").statusCode());
        List<String> all = new ArrayList<>();
        for (String at = "/v2/_catalog?n=2"; !at.isEmpty();) {
            HttpResponse<byte[]> answer = get(at);
            Json.parse(answer.body(), at).path("repositories").forEach(r -> all.add(r.asText()));
            at = header(answer, "Link").replaceFirst("<(.*)>; rel=\"next\"", "$1");
        }
        assertEquals(7, all.size(), all.toString());
        assertEquals(all.stream().distinct().sorted().toList(), all);
    }

    @Test
    @DisplayName("is read-only: 405 to anything but GET and HEAD")
    void readOnly() throws IOException {
        for (String method : List.of("POST", "PUT", "DELETE", "PATCH")) {
            HttpResponse<byte[]> answer = ask(method, "/v2/quay.io/team/app/blobs/uploads/");
            assertEquals(405, answer.statusCode());
            assertTrue(text(answer).contains("\"UNSUPPORTED\""), text(answer));
        }
    }

    @Test
    @DisplayName("refuses a folder without image sets, and an address that is none, in one line")
    void refusals() throws IOException {
        ScriptRun none = ScriptRun.of(new ServeImages(), Files.createDirectory(temp.resolve("none")));
        assertEquals(Cli.FAILED, none.exit(), none::toString);
        assertEquals(1, none.err().lines().count(), none.err());
        assertEquals(Cli.USAGE, ScriptRun.of(new ServeImages(), root, "--listen", "somewhere").exit());
        ScriptRun taken = ScriptRun.of(new ServeImages(), root, "--listen", registry.address());
        assertEquals(Cli.FAILED, taken.exit(), taken::toString);
        assertTrue(taken.err().matches("error: cannot listen on .*in use.*\n"), taken.err());
    }

    /** As systemd does it for {@code Accept=no} and {@code StandardInput=socket}; it prints where the socket is. */
    private static final String SOCKET_UNIT = """
            import os, socket, sys
            listening = socket.socket()
            listening.bind((sys.argv[1], 0))
            listening.listen()
            print("port", listening.getsockname()[1], flush=True)
            early = socket.create_connection(listening.getsockname())
            early.send(b"GET /v2/ HTTP/1.1\\r\\nHost: early\\r\\n\\r\\n")
            if os.fork() == 0:
                os.dup2(listening.fileno(), 0)
                os.execvp(sys.argv[2], sys.argv[2:])
            print("early client:", early.recv(12).decode(), flush=True)
            os.wait()
            """;

    private static Process activated(String address, Path log) throws IOException {
        List<String> argv = new ArrayList<>(List.of("python3", "-c", SOCKET_UNIT, address));
        argv.addAll(Scripts.argv(ServeImages.class, root));
        return Proc.of(argv).background(log);
    }

    @Test
    @DisplayName("serves on a listening socket that it got as stdin, first of all a client that came before it")
    void inheritedSocket() throws Exception {
        Path log = temp.resolve("activated");
        Process systemd = activated("127.0.0.1", log);
        try {
            await(log, "early client: HTTP/1.1 200");
            String port = Files.readString(log).replaceFirst("(?s).*port (\\d+).*", "$1");
            await(log, "serving on http://127.0.0.1:" + port + "/v2/");
        } finally {
            systemd.descendants().forEach(ProcessHandle::destroy);
        }
        assertTrue(systemd.waitFor(5, TimeUnit.SECONDS));
    }

    @Test
    @DisplayName("refuses such a socket that other hosts reach, unless --listen names it")
    void inheritedPublicSocket() throws Exception {
        Path log = temp.resolve("public");
        Process systemd = activated("0.0.0.0", log);
        try {
            await(log, "which other hosts reach; if that is meant, name it with --listen");
        } finally {
            systemd.descendants().forEach(ProcessHandle::destroy);
        }
    }

    private static void await(Path log, String line) throws Exception {
        for (int i = 0; i < 1500 && !Files.readString(log).contains(line); i++) {
            Thread.sleep(20);
        }
        assertTrue(Files.readString(log).contains(line), Files.readString(log));
    }

    @Test
    @DisplayName("ends at once on SIGTERM, with exit code 0")
    void terminates() throws Exception {
        Path log = temp.resolve("terminated");
        Process process = Scripts.program(ServeImages.class, root, "--listen", "127.0.0.1:0").background(log);
        await(log, "serving on");
        process.destroy();
        assertTrue(process.waitFor(5, TimeUnit.SECONDS));
        assertEquals(0, process.exitValue());
    }
}

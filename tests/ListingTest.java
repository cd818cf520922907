//SOURCES ../common/http/Http.java
//SOURCES ../common/http/Listing.java
//SOURCES ../lab/LoopbackServer.java
//SOURCES ../lab/WebServer.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

import common.http.Listing;
import okhttp3.HttpUrl;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A directory listing")
class ListingTest {
    private static final HttpUrl FOLDER = HttpUrl.get("http://192.0.2.10/factory/images-4.10.3/");
    private static final Listing EXPECTED =
            listing(Set.of("index.json", "ocp-v4.0-art-dev@sha256_0123.tgz"), Set.of("blobs"));

    /** As Apache 2.4.71 wrote it, IndexOptions FancyIndexing. */
    private static final String APACHE = """
            <!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">
            <html>
             <head>
              <title>Index of /factory/images-4.10.3</title>
             </head>
             <body>
            <h1>Index of /factory/images-4.10.3</h1>
            <pre>      <a href="?C=N;O=D">Name</a>                    <a href="?C=M;O=A">Last modified</a>      \
            <a href="?C=S;O=A">Size</a>  <a href="?C=D;O=A">Description</a><hr>      \
            <a href="/factory/">Parent Directory</a>                             -  \s
                  <a href="blobs/">blobs/</a>                  2026-11-23 23:09    -  \s
                  <a href="index.json">index.json</a>              2026-11-23 23:09    3  \s
                  <a href="ocp-v4.0-art-dev@sha256_0123.tgz">ocp-v4.0-art-dev@sha..&gt;</a> 2026-11-23 23:09    0  \s
                  <a href="with%20space.txt">with space.txt</a>          2026-11-23 23:09    0  \s
            <hr></pre>
            </body></html>
            """;

    @TempDir
    Path temp;

    private static Listing listing(Set<String> files, Set<String> folders) {
        return new Listing(new TreeSet<>(files), new TreeSet<>(folders));
    }

    private Path tree() throws IOException {
        Path folder = Files.createDirectories(temp.resolve("root/factory/images-4.10.3"));
        Files.createDirectories(temp.resolve("root/factory/blobs"));
        Files.createSymbolicLink(folder.resolve("blobs"), Path.of("../blobs"));
        for (String name : List.of("index.json", "ocp-v4.0-art-dev@sha256_0123.tgz", "with space.txt", ".partial-x")) {
            Files.createFile(folder.resolve(name));
        }
        return temp.resolve("root");
    }

    private static Listing read(LoopbackServer server) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + server.port() + "/factory/images-4.10.3/");
        HttpRequest request = HttpRequest.newBuilder(uri).build();
        String html = HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body();
        return Listing.parse(html, HttpUrl.get(uri));
    }

    @Test
    @DisplayName("of nginx is read")
    void nginx() throws Exception {
        try (LoopbackServer server = WebServer.start(temp.resolve("nginx"), tree())) {
            assertEquals(EXPECTED, read(server));
        }
    }

    @Test
    @DisplayName("of python3 -m http.server is read")
    void python() throws Exception {
        int port = LoopbackServer.freePort();
        try (LoopbackServer server = new LoopbackServer(List.of("python3", "-m", "http.server", "--bind", "127.0.0.1",
                "--directory", tree().toString(), String.valueOf(port)), port, temp.resolve("log"))) {
            assertEquals(EXPECTED, read(server));
        }
    }

    @Test
    @DisplayName("of Apache is read")
    void apache() {
        assertEquals(EXPECTED, Listing.parse(APACHE, FOLDER));
    }

    @ParameterizedTest
    @DisplayName("names nothing outside its folder:")
    @ValueSource(strings = {"../secret", "..", ".", "./", "", "/", "/etc/passwd", "/factory/",
        "/factory/other/x", "../../x", "%2e%2e/x", "..%2fx", "a/b", "a%2Fb", "a%00b", "a/../../x",
        "//evil.example/factory/images-4.10.3/x", ".ssh", "-rf",
        "http://evil.example/factory/images-4.10.3/x", "https://192.0.2.10/factory/images-4.10.3/x",
        "http://192.0.2.10:8080/factory/images-4.10.3/x", "ftp://192.0.2.10/factory/images-4.10.3/x", "x?y=z",
        "javascript:alert(1)", "file:///etc/passwd", "a b", "a\\b", "C:\\x", "x;rm", "blobs//",
        "images-4.10.3/../../x"})
    void staysInside(String href) {
        Listing listing = Listing.parse("<a href=\"" + href + "\">index.json</a>", FOLDER);
        assertEquals(listing(Set.of(), Set.of()), listing);
    }

    @Test
    @DisplayName("may name its entries by whole addresses")
    void wholeAddress() {
        assertTrue(Listing.parse("<a href='" + FOLDER + "index.json'>x</a>", FOLDER).files().contains("index.json"));
    }

    @Test
    @DisplayName("that is no HTML names nothing")
    void noHtml() {
        assertFalse(Listing.parse("\u0000PK\u0003\u0004 <a href", FOLDER).files().iterator().hasNext());
    }
}

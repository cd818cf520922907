package common.node;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/Proc.java
//SOURCES ../oci/Digest.java
//SOURCES ../oci/Manifest.java
//SOURCES ../oci/OciLayout.java

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import common.cli.Cli;
import common.cli.Proc;
import common.oci.Digest;
import common.oci.Manifest;
import common.oci.OciLayout;

/** The bundle's registry, started for one image of no layers and asked for it: its classes are those of a node's. */
final class TrialServer {
    private static final String REPOSITORY = "localhost/trial";
    private static final Pattern SERVING = Pattern.compile("serving on (http://\\S+/v2/)");
    private static final byte[] CONFIG = "{}".getBytes(StandardCharsets.UTF_8);
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final Path folder;

    /** @param folder an empty one */
    TrialServer(Path folder) {
        this.folder = folder;
    }

    /**
     * Starts it, asks for what a pull asks for, and ends it as systemd does.
     *
     * @param start what to run in the node's folder; the arguments of registry.java come behind it
     * @throws Cli.Failure when it does not answer within a minute
     */
    void run(Path node, List<String> start) throws IOException {
        List<String> argv = new ArrayList<>(start);
        argv.addAll(List.of(images().toString(), "--listen", "127.0.0.1:0"));
        Path log = folder.resolve("log");
        Process server = Proc.of(argv).in(node).background(log);
        try {
            URI base = address(server, log);
            for (String path : List.of("", REPOSITORY + "/manifests/1", REPOSITORY + "/blobs/" + Digest.of(CONFIG))) {
                read(base.resolve(path));
            }
        } finally {
            server.destroy();
            for (long end = System.nanoTime() + LIMIT.toNanos(); server.isAlive(); pause()) {
                if (System.nanoTime() > end) {
                    server.destroyForcibly();
                }
            }
        }
    }

    private Path images() throws IOException {
        OciLayout set = OciLayout.at(folder.resolve("images/trial"), null);
        set.createFolders();
        Files.write(set.blob(Digest.of(CONFIG)), CONFIG);
        Manifest manifest = Manifest.parse(("{\"schemaVersion\": 2, \"mediaType\": \"" + Manifest.OCI
                + "\", \"config\": {\"mediaType\": \"application/vnd.oci.image.config.v1+json\", \"digest\": \""
                + Digest.of(CONFIG) + "\", \"size\": " + CONFIG.length + "}, \"layers\": []}")
                .getBytes(StandardCharsets.UTF_8), "the trial's image");
        set.put(manifest);
        set.commit(List.of(manifest.descriptor().named(REPOSITORY + ":1")));
        return folder.resolve("images");
    }

    private static URI address(Process server, Path log) throws IOException {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (true) {
            boolean runs = server.isAlive();
            String said = Files.readString(log);
            Matcher serving = SERVING.matcher(said);
            if (serving.find()) {
                return URI.create(serving.group(1));
            }
            if (!runs || System.nanoTime() > end) {
                throw new Cli.Failure("the bundle's registry does not start: " + said.strip());
            }
            pause();
        }
    }

    private static void read(URI uri) throws IOException {
        URLConnection connection = uri.toURL().openConnection();
        connection.setConnectTimeout((int) LIMIT.toMillis());
        connection.setReadTimeout((int) LIMIT.toMillis());
        try (InputStream answer = connection.getInputStream()) {
            answer.readAllBytes();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(20);
        } catch (InterruptedException e) {
            throw new Cli.Failure(Cli.INTERRUPTED, "interrupted", e);
        }
    }
}

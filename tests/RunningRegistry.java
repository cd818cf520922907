//SOURCES ../container-images/registry.java
//SOURCES ../lab/LoopbackServer.java
//SOURCES Scripts.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The registry script as a program of its own, with an access log. */
final class RunningRegistry extends LoopbackServer {
    private final Path folder;

    private RunningRegistry(List<String> argv, int port, Path folder) {
        super(argv, port, folder.resolve("out"));
        this.folder = folder;
    }

    /** Serves {@code images}; what it writes goes into an empty folder. */
    static RunningRegistry of(Path images, Path folder, Object... more) throws IOException {
        int port = freePort();
        List<Object> args = new ArrayList<>(List.of(images, "--listen", "127.0.0.1:" + port, "--access-log",
                Files.createDirectories(folder).resolve("access.log")));
        args.addAll(List.of(more));
        List<String> argv = new ArrayList<>(Scripts.argv(ServeImages.class, args.toArray()));
        argv.add(argv.indexOf("-cp"), "-Xmx32m"); // as on a node
        return new RunningRegistry(argv, port, folder);
    }

    /** That of an unpacked node bundle, with the bundle's own Java, which reads {@code options} after all others. */
    static RunningRegistry bundled(Path node, Path images, Path folder, String... options) throws IOException {
        int port = freePort();
        return new RunningRegistry(List.of("env", "_JAVA_OPTIONS=" + String.join(" ", options), "/bin/sh", node.resolve("bin/registry").toString(), images.toString(), "--listen",
                "127.0.0.1:" + port, "--access-log", Files.createDirectories(folder).resolve("access.log").toString()),
                port, folder);
    }

    @Override
    Path accessLog() {
        return folder.resolve("access.log");
    }

    /** What it wrote on stdout and stderr so far. */
    String output() throws IOException {
        return Files.readString(folder.resolve("out"));
    }

    String address() {
        return "127.0.0.1:" + port();
    }

    String url(String path) {
        return "http://" + address() + path;
    }
}

//SOURCES ../common/cli/Proc.java
//SOURCES LoopbackServer.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import common.cli.Proc;

/** The distribution's own container registry ({@code docker-registry}; {@code registry} on RHEL) on loopback. */
final class LocalRegistry extends LoopbackServer {
    private LocalRegistry(Path config, int port, Path log) {
        super(List.of(program(), "serve", config.toString()), port, log);
    }

    /** Anonymous, plain HTTP; its configuration, log and {@code storage/} are written into {@code folder}. */
    static LocalRegistry start(Path folder) throws IOException {
        return start(folder, folder.resolve("storage"), null, null, null);
    }

    /**
     * The folder gets configuration and log; storage may be one that another registry has filled. {@code htpasswd}
     * (bcrypt lines) asks for basic authentication, {@code certificate} and {@code key} (PEM) make it HTTPS; each may
     * be null.
     */
    static LocalRegistry start(Path folder, Path storage, Path htpasswd, Path certificate, Path key)
            throws IOException {
        int port = freePort();
        Path config = Files.createDirectories(folder).resolve("registry.yml");
        Files.writeString(config, configuration(port, storage, htpasswd, certificate, key));
        return new LocalRegistry(config, port, folder.resolve("registry.log"));
    }

    /** A pull-through cache in front of another registry, given by its URL. */
    static LocalRegistry cacheOf(String registry, Path folder) throws IOException {
        int port = freePort();
        Path config = Files.createDirectories(folder).resolve("registry.yml");
        Files.writeString(config, configuration(port, folder.resolve("storage"), null, null, null)
                + "proxy: {remoteurl: \"%s\"}\n".formatted(registry));
        return new LocalRegistry(config, port, folder.resolve("registry.log"));
    }

    /** The name under which this host's distribution has the program. */
    static String program() {
        boolean redHat = Proc.find("docker-registry").isEmpty() && Proc.find("registry").isPresent();
        return redHat ? "registry" : "docker-registry";
    }

    private static String configuration(int port, Path storage, Path htpasswd, Path certificate, Path key) {
        return """
                version: 0.1
                log: {level: error}
                storage: {filesystem: {rootdirectory: "%s"}}
                http: {addr: "127.0.0.1:%d", secret: lab%s}
                %s
                """.formatted(storage, port,
                certificate == null ? "" : ", tls: {certificate: \"%s\", key: \"%s\"}".formatted(certificate, key),
                htpasswd == null ? "" : "auth: {htpasswd: {realm: lab, path: \"%s\"}}".formatted(htpasswd));
    }
}

package common.http;

import java.nio.file.Path;

import picocli.CommandLine.Option;

/** Which certificates to use where https is spoken (picocli mixin); {@link Http} says what the folder may hold. */
public final class CertDirOption {
    @Option(names = "--cert-dir", paramLabel = "DIR",
            description = "For https: CA (*.crt) and client (*.cert, *.key) certificates (default: where podman looks).")
    private Path dir;

    /** Null when it was not given. */
    public Path dir() {
        return dir;
    }
}

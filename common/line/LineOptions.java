package common.line;

//SOURCES ../inventory/InventorySignature.java
//SOURCES AllowedSerials.java
//SOURCES Collector.java
//SOURCES LineProfile.java
//SOURCES Preflight.java
//SOURCES ServerIdentity.java

import java.io.IOException;
import java.nio.file.Path;
import java.security.PublicKey;

import common.inventory.InventorySignature;
import okhttp3.HttpUrl;
import picocli.CommandLine.Option;

/** What a line says to all of its servers (picocli mixin). */
public final class LineOptions {
    @Option(names = "--public-key", paramLabel = "KEY", description = "Stage only what was signed with this key; asked before "
            + "anything is written, and again of the disk.")
    private Path key;

    @Option(names = "--profile", paramLabel = "FILE", description = "What a server of this line must be (YAML): serial, "
            + "memoryGigabytes, linkMegabits, diskGigabytes, writeMegabytes, health, secureBoot, clockSeconds.")
    private Path profile;

    @Option(names = "--serials", paramLabel = "FILE", description = "The servers that may be staged, a serial number a line; "
            + "another one reports and is not written to.")
    private Path serials;

    @Option(names = "--report", paramLabel = "URL", description = "Where to post events, the last one again until it is taken.")
    private String report;

    @Option(names = "--root", paramLabel = "DIR", defaultValue = "/", description = "Where the server's /sys and /proc are: "
            + "/host in a container, say (default: ${DEFAULT-VALUE}).")
    private Path root;

    /**
     * The options as read, before anything is done.
     *
     * @param signer null: no matter who signed
     * @param allowed null: every server is
     * @param collector null: nobody collects
     */
    public record Line(Path root, PublicKey signer, LineProfile limits, AllowedSerials allowed, HttpUrl collector) {
        public ServerIdentity identity() throws IOException {
            return ServerIdentity.of(root);
        }

        public Preflight preflight() {
            return new Preflight(root, limits);
        }

        /** Throws {@link common.cli.Cli.Failure} for a server that the line does not expect. */
        public void admit(ServerIdentity identity) {
            if (allowed != null) {
                allowed.check(identity);
            }
        }
    }

    /** Throws {@link common.cli.Cli.Failure} for a file that is not what its option asks for. */
    public Line read() throws IOException {
        return new Line(root, key == null ? null : InventorySignature.publicKey(key),
                profile == null ? LineProfile.NONE : LineProfile.of(profile), serials == null ? null : AllowedSerials.of(serials),
                report == null ? null : Collector.url(report));
    }
}

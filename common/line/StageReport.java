package common.line;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../disk/ListedDisk.java
//SOURCES Check.java
//SOURCES Collector.java
//SOURCES Heartbeat.java
//SOURCES ServerIdentity.java

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;

import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.cli.Json;
import common.disk.ListedDisk;
import okhttp3.HttpUrl;

/**
 * What is known of a server while it is staged, for the line, for its partition and for whoever stands before it; as
 * docs/stage-report.schema.json says. Not for several threads.
 */
public final class StageReport {
    private final ServerIdentity identity;
    private final Collector line;
    private final PrintStream text;
    private final ObjectNode document = Json.object();

    /** {@code line} null: nobody collects. {@code certDir}: as {@link Collector} has it. {@code text}: for a person. */
    public StageReport(ServerIdentity identity, HttpUrl line, Path certDir, PrintStream text) {
        this.identity = identity;
        this.line = new Collector(line, identity, certDir);
        this.text = text;
        document.set("server", identity.json());
    }

    public ObjectNode document() {
        return document;
    }

    /** From now on the line hears of the server every 20 to 40 s, until it is closed. */
    public Heartbeat heartbeat() {
        return new Heartbeat(line, identity, Duration.ofSeconds(20), Duration.ofSeconds(40));
    }

    public void started() {
        text.println("server: " + identity.shown());
        line.tell("started", document);
    }

    /** Throws {@link Cli.Failure} when one of them failed. */
    public void checks(List<Check> checks) {
        checks.forEach(c -> text.println(c.shown()));
        document.withArray("checks").addAll(checks.stream().map(Check::json).toList());
        String failed = checks.stream().filter(c -> c.outcome() == Check.Outcome.FAIL)
                .map(c -> c.name() + ": " + c.found() + ", wanted " + c.wanted()).collect(Collectors.joining("; "));
        if (!failed.isEmpty()) {
            throw new Cli.Failure("this server is not fit: " + failed + "; nothing was written");
        }
    }

    public void disk(ListedDisk disk) {
        text.println("disk: " + disk.shown());
        document.set("disk", Json.object().put("path", disk.path().toString()).put("serialNumber", disk.serial())
                .put("model", disk.model()).put("wwn", disk.wwn()).put("bytes", disk.bytes()));
    }

    /** All that is asked before the first write. */
    public void checked() {
        line.tell("checked", document);
    }

    /** What staging returned. Throws {@link Cli.Failure} when that is not whole. */
    public void staged(ObjectNode staged) {
        document.set("staged", staged);
        if (!staged.path("failed").isEmpty()) {
            throw new Cli.Failure(Cli.PARTIAL, Cli.count(staged.path("failed").size(), "file") + " could not be staged");
        }
    }

    /** The end, told until somebody took it; {@code dry}: nothing was to be written. */
    public void passed(boolean dry) throws IOException {
        text.println((dry ? "Would be staged: " : "PASS: ") + identity.shown());
        line.insist(dry ? "checked" : "staged", document);
    }

    /** The other end: on the console first, since the line may be what is wrong. */
    public void failed(Exception why) {
        document.put("error", Cli.describe(why));
        System.err.println("FAIL: " + identity.shown() + ": " + Cli.describe(why));
        try {
            line.insist("failed", document);
        } catch (Cli.Failure | IOException e) {
            Cli.warn(Cli.describe(e)); // what the server failed of is what its exit code tells
        }
    }
}

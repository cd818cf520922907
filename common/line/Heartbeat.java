package common.line;

//SOURCES ../cli/Json.java
//SOURCES Collector.java
//SOURCES ServerIdentity.java

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;

import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Json;

/**
 * Tells the line until it is closed that the server is alive, since a power cut and a kicked cable say nothing. At random
 * times, so that the servers of a rack do not speak all at once.
 */
public final class Heartbeat implements AutoCloseable {
    private final Thread beating;

    /** {@code least} to {@code most} pass between two. */
    public Heartbeat(Collector line, ServerIdentity identity, Duration least, Duration most) {
        Instant begun = Instant.now();
        beating = new Thread(() -> {
            try {
                while (true) {
                    Thread.sleep(ThreadLocalRandom.current().nextLong(least.toMillis(), most.toMillis()));
                    ObjectNode data = Json.object();
                    data.set("server", identity.json());
                    data.putObject("progress").put("seconds", Duration.between(begun, Instant.now()).toSeconds());
                    line.mention("progress", data);
                }
            } catch (InterruptedException closed) {
                Thread.currentThread().interrupt();
            }
        }, "heartbeat");
        beating.setDaemon(true);
        beating.start();
    }

    @Override
    public void close() {
        beating.interrupt();
    }
}

///usr/bin/env LC_ALL=C.UTF-8 jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/distribution/ListenAddress.java
//SOURCES ../common/factory/ExpectedServers.java
//SOURCES ../common/factory/Line.java
//SOURCES ../common/factory/LineServer.java

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

import common.cli.Cli;
import common.distribution.ListenAddress;
import common.factory.ExpectedServers;
import common.factory.Line;
import common.factory.LineServer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "line", description = {"Collects what servers tell while they stage themselves (stage-server --report), and shows "
        + "on one page which of them needs a person.", "Serves until Ctrl-C, and goes on where it was: every event is on the disk "
        + "before it is acknowledged."},
        footer = {"", "Example: line.java --listen 192.0.2.10:22800 --serials serials.csv"})
class WatchLine extends Cli.Service {
    @Option(names = "--folder", paramLabel = "DIR", defaultValue = "line", description = "Where events.jsonl is kept "
            + "(default: ${DEFAULT-VALUE}).")
    private Path folder;

    @Option(names = "--listen", paramLabel = "ADDRESS:PORT", defaultValue = "127.0.0.1:22800",
            description = "Where to listen, in plain HTTP and for everybody who gets there: the line's own network "
                    + "(default: ${DEFAULT-VALUE}).")
    private String listen;

    @Option(names = "--serials", paramLabel = "FILE", description = "The servers that are to come: SERIAL[,POSITION] a line. "
            + "Without it, whoever comes.")
    private Path serials;

    public static void main(String... args) {
        System.exit(Cli.run(new WatchLine(), args));
    }

    @Override
    public Integer call() throws IOException {
        ListenAddress address = ListenAddress.of(listen);
        Map<String, String> expected = serials == null ? Map.of() : ExpectedServers.of(serials);
        try (Line line = new Line(folder, expected, Clock.systemUTC());
                LineServer server = new LineServer(line, address.socket())) {
            String url = "http://" + address.withPort(server.port()) + "/";
            System.out.println("the line is at " + url + "; servers report to it with --report " + url);
            new CountDownLatch(1).await();
        } catch (InterruptedException e) { // Ctrl-C
            Thread.currentThread().interrupt();
        }
        return Cli.DONE;
    }
}

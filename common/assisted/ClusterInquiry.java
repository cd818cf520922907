package common.assisted;

//SOURCES ../cli/Json.java
//SOURCES ../cli/AtomicFile.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/Steps.java
//SOURCES ../http/Time.java
//SOURCES AssistedInstaller.java
//SOURCES ClusterPlan.java
//SOURCES ClusterRegistration.java
//SOURCES ClusterWatch.java
//SOURCES ServiceOptions.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.AtomicFile;
import common.cli.Cli;
import common.cli.Json;
import common.cli.Steps;
import common.http.Time;

/** Questions to the service about a cluster that is there; none of them changes anything. */
public final class ClusterInquiry {
    private final ServiceOptions options;
    private final AssistedInstaller service;
    private final Steps steps;
    private final String id;
    private final Time time;

    public ClusterInquiry(ServiceOptions options, Time time) throws IOException {
        this.options = options;
        this.time = time;
        this.service = options.connect(time);
        this.steps = new Steps(options.json().isOn());
        this.id = ClusterRegistration.known(service, options.name()).path("id").asText();
    }

    /** Until the installation has ended, well or not; it must be under way. */
    public int waitForEnd() throws IOException {
        String status = service.cluster(id).path("status").asText();
        if (ClusterWatch.SETUP.contains(status)) {
            throw new Cli.Failure("cluster " + options.name() + " is " + status + ": no installation is under way");
        }
        steps.step("installed", () -> {
            new ClusterWatch(service, id, steps, options.deadline(time)).installed();
            return options.name();
        });
        return Cli.DONE;
    }

    /** All events, the newest last. */
    public int events() throws IOException {
        List<JsonNode> events = service.events(id);
        ObjectNode document = Json.object();
        events.forEach(document.putArray("events")::add);
        options.json().print(document);
        for (JsonNode event : events) {
            options.json().text().println(event.path("event_time").asText() + " " + event.path("severity").asText() + ": "
                    + event.path("message").asText().replaceAll("\\s+", " "));
        }
        return Cli.DONE;
    }

    /** {@code what}: discovery.ign, install-config or logs; the first two hold secrets, so only their owner reads them. */
    public int download(String what, Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new Cli.Failure(Cli.USAGE, folder + ": no such folder");
        }
        steps.step(what, () -> {
            Path file = folder.resolve(switch (what) {
                case "discovery.ign" -> "discovery.ign." + options.name(); // as aicli names them
                case "install-config" -> "install-config.yaml." + options.name();
                case "logs" -> options.name() + "-logs.tar";
                default -> throw new Cli.Failure(Cli.USAGE, what + ": discovery.ign, install-config or logs");
            });
            AtomicFile.writeSecret(file, switch (what) {
                case "logs" -> service.logs(id);
                case "install-config" -> service.installConfigText(id);
                default -> Json.pretty(service.discoveryIgnition(infraEnv()));
            });
            return file.toString();
        });
        return Cli.DONE;
    }

    private String infraEnv() throws IOException {
        return service.infraEnvs(ClusterPlan.infraEnvName(options.name())).stream()
                .filter(e -> e.path("cluster_id").asText().equals(id)).findFirst()
                .orElseThrow(() -> new Cli.Failure("cluster " + options.name() + " has no infra-env")).path("id").asText();
    }
}

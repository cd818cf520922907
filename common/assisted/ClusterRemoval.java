package common.assisted;

//SOURCES ../cli/Json.java
//SOURCES ../http/Deadline.java
//SOURCES AssistedInstaller.java
//SOURCES ClusterWatch.java

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;

import com.fasterxml.jackson.databind.JsonNode;
import common.http.Deadline;

/**
 * Takes an installation back. A cluster that is being installed is cancelled before it is deleted: the service answers
 * 404 to its deletion and destroys its host all the same.
 */
public final class ClusterRemoval {
    private static final Duration POLL = Duration.ofSeconds(3);
    private static final Set<String> CANCELLED = Set.of("cancelled", "error");

    private final AssistedInstaller service;
    private final Deadline deadline;

    public ClusterRemoval(AssistedInstaller service, Deadline deadline) {
        this.service = service;
        this.deadline = deadline;
    }

    /** One of the methods below: does it to the cluster, returns the result in words. */
    public interface Change {
        String make(ClusterRemoval removal, JsonNode cluster) throws IOException;
    }

    public String cancel(JsonNode cluster) throws IOException {
        String id = cluster.path("id").asText();
        service.act(id, "cancel");
        for (;; deadline.pause(POLL, "the cluster to be cancelled")) {
            String status = service.cluster(id).path("status").asText();
            if (CANCELLED.contains(status)) {
                return status;
            }
        }
    }

    /** Of a cancelled or failed cluster: its hosts must boot the ISO again. */
    public String reset(JsonNode cluster) throws IOException {
        return service.act(cluster.path("id").asText(), "reset").path("status").asText()
                + "; boot the hosts from the ISO again";
    }

    /** The cluster, its hosts, and the infra-envs that are bound to it, which would outlive it. */
    public String delete(JsonNode cluster) throws IOException {
        String id = cluster.path("id").asText();
        if (ClusterWatch.INSTALLING.contains(service.cluster(id).path("status").asText())) {
            cancel(cluster);
        }
        List<JsonNode> envs = service.infraEnvsOf(id);
        for (JsonNode env : envs) {
            for (JsonNode host : service.hosts(env.path("id").asText())) { // an infra-env with hosts stays
                service.deleteHost(env.path("id").asText(), host.path("id").asText());
            }
        }
        service.deleteCluster(id);
        for (JsonNode env : envs) {
            service.deleteInfraEnv(env.path("id").asText());
        }
        return id + " and " + envs.size() + " infra-env" + (envs.size() == 1 ? "" : "s");
    }
}

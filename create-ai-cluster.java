///usr/bin/env LC_ALL=C.UTF-8 jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES common/cli/Json.java
//SOURCES common/assisted/ClusterInquiry.java
//SOURCES common/assisted/ClusterInstallation.java
//SOURCES common/assisted/ClusterOptions.java
//SOURCES common/assisted/ClusterPlan.java
//SOURCES common/assisted/ClusterRegistration.java
//SOURCES common/assisted/ClusterRemoval.java
//SOURCES common/assisted/ClusterStatus.java
//SOURCES common/assisted/HostAddition.java
//SOURCES common/assisted/ServiceOptions.java
//SOURCES common/cli/Cli.java
//SOURCES common/http/Time.java

import java.io.IOException;
import java.nio.file.Path;

import com.fasterxml.jackson.databind.JsonNode;
import common.assisted.ClusterInquiry;
import common.assisted.ClusterInstallation;
import common.assisted.ClusterOptions;
import common.assisted.ClusterPlan;
import common.assisted.ClusterRegistration;
import common.assisted.ClusterRemoval;
import common.assisted.ClusterStatus;
import common.assisted.HostAddition;
import common.assisted.ServiceOptions;
import common.cli.Cli;
import common.http.Time;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Subcommands look at a cluster or take it back; without one it is installed. */
@Command(name = "create-ai-cluster", description = "Installs a pre-staged server with the Assisted Installer: "
        + "registers the cluster, puts our units into the discovery ISO and the installed system, waits, fetches the "
        + "kubeconfig. Run it again after a failure: it goes on where it stopped.",
        footer = {"", "Examples:",
            "  create-ai-cluster.java --url http://192.0.2.20:8090 --name virt01 \\",
            "      --base-domain example.com --pull-secret pull-secret.json \\",
            "      --ssh-key ~/.ssh/id_ed25519.pub --disk smallest",
            "  create-ai-cluster.java --url http://192.0.2.20:8090 --name virt01 \\",
            "      --base-domain example.com --pull-secret pull-secret.json \\",
            "      --ssh-key ~/.ssh/id_ed25519.pub --add-hosts 1",
            "  create-ai-cluster.java status --url http://192.0.2.20:8090 --name virt01"})
class CreateAiCluster extends Cli.Command {
    private final Time time;

    @Mixin
    ServiceOptions service;

    @Mixin
    ClusterOptions options;

    CreateAiCluster() {
        this(new Time());
    }

    CreateAiCluster(Time time) {
        this.time = time;
    }

    public static void main(String... args) {
        System.exit(Cli.run(new CreateAiCluster(), args));
    }

    @Override
    public Integer call() throws IOException {
        if (options.until() != ClusterOptions.Until.REGISTERED) {
            service.mayAsk();
        }
        ClusterPlan plan = options.plan(service); // all that is given is checked before the first call
        if (options.addedHosts() != null) {
            service.json().print(new HostAddition(service, plan, options.addedHosts(), time).run(options));
            return Cli.DONE;
        }
        ClusterInstallation installation = new ClusterInstallation(service, plan, time);
        service.json().print(installation.run(options));
        return Cli.DONE;
    }

    @Command(name = "status", description = "Shows how the cluster and its hosts stand, with failed validations.")
    int status() throws IOException {
        JsonNode cluster = ClusterRegistration.known(service.connect(time), service.name());
        ClusterStatus.lines(cluster).forEach(service.json().text()::println);
        service.json().print(ClusterStatus.document(cluster));
        return Cli.DONE;
    }

    @Command(name = "wait", description = "Waits for the end of the installation that is under way.")
    int waitForEnd() throws IOException {
        return new ClusterInquiry(service, time).waitForEnd();
    }

    @Command(name = "events", description = "Shows the cluster's events, the newest last.")
    int events() throws IOException {
        return new ClusterInquiry(service, time).events();
    }

    @Command(name = "download", description = "Writes a file of the service, for its owner alone.")
    int download(@Parameters(paramLabel = "discovery.ign|install-config|logs") String what,
            @Parameters(paramLabel = "DIR", defaultValue = ".") Path folder) throws IOException {
        return new ClusterInquiry(service, time).download(what, folder);
    }

    @Command(name = "cancel", description = "Cancels the installation that is under way.")
    int cancel() throws IOException {
        return new ClusterRemoval(service, time).cancel();
    }

    @Command(name = "reset", description = "Takes a cancelled or failed cluster back to before its installation.")
    int reset() throws IOException {
        return new ClusterRemoval(service, time).reset();
    }

    @Command(name = "delete", description = "Deletes the cluster, its hosts and infra-envs, and what an earlier delete "
            + "left; cancels it first.")
    int delete() throws IOException {
        return new ClusterRemoval(service, time).delete();
    }

    @Command(name = "remove-host", description = "Takes a host out that should not be there.")
    int removeHost(@Parameters(paramLabel = "HOST", description = "Its name, id, MAC address or serial number.")
            String host) throws IOException {
        return new ClusterRemoval(service, time).removeHost(host);
    }
}

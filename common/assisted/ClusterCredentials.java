package common.assisted;

//SOURCES ../cli/AtomicFile.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/Proc.java
//SOURCES AssistedInstaller.java

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;

import common.cli.AtomicFile;
import common.cli.Cli;
import common.cli.Proc;

/**
 * The way into an installed cluster: kubeconfig and kubeadmin password, each readable by its owner only. Only after
 * {@code installed}: earlier the service gives out a kubeconfig without the ingress CA.
 */
public final class ClusterCredentials {
    private final Path kubeconfig;
    private final Path password;

    public ClusterCredentials(Path folder, String clusterName) {
        kubeconfig = folder.resolve("kubeconfig." + clusterName); // as aicli names them
        password = folder.resolve("kubeadmin-password." + clusterName);
    }

    public String download(AssistedInstaller service, String clusterId) throws IOException {
        byte[] config = service.credentialsFile(clusterId, "kubeconfig");
        if (!new String(config, StandardCharsets.UTF_8).contains("clusters:")) {
            throw new Cli.Failure("what the service gives as kubeconfig is none; run the same command again");
        }
        AtomicFile.writeSecret(kubeconfig, config);
        AtomicFile.writeSecret(password, service.credentialsFile(clusterId, "kubeadmin-password"));
        return kubeconfig + ", " + password;
    }

    public Path kubeconfig() {
        return kubeconfig;
    }

    public Path password() {
        return password;
    }

    /** {@code oc get nodes,clusterversion} where there is oc or kubectl; empty where there is none. */
    public Optional<String> ask() {
        return Stream.of("oc", "kubectl").filter(p -> Proc.find(p).isPresent()).findFirst().map(program -> {
            Proc.Result result = Proc.of(program, "get", "nodes,clusterversion", "--request-timeout=20s")
                    .env("KUBECONFIG", kubeconfig.toString()).timeout(Duration.ofMinutes(2)).run();
            return result.ok() ? result.out().stripTrailing() : program + ": " + result.reason();
        });
    }
}

//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../create-ai-cluster.java
//SOURCES AssistedRecordings.java
//SOURCES AssistedSimulator.java
//SOURCES ScriptRun.java
//SOURCES VirtualTime.java

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import javax.net.ssl.SSLContext;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Json;

/** A simulated service, the files an operator has, and the script that meets both. */
final class AssistedLab implements AutoCloseable {
    static final String PASSWORD = "dXNlcjpwYXNzd29yZAo="; // in the recorded pull secret
    final Path folder;
    final VirtualTime time = new VirtualTime();
    final AssistedSimulator service;
    final Path pullSecret;
    final Path sshKey;
    final Path discovery;
    final Path pointer;

    AssistedLab(Path folder) throws IOException {
        this(folder, null);
    }

    /** {@code tls}: what the service shows; null for plain HTTP. */
    AssistedLab(Path folder, SSLContext tls) throws IOException {
        this.folder = folder;
        this.service = new AssistedSimulator(time, tls);
        JsonNode recorded = AssistedRecordings.parse(AssistedRecordings.get("01-cluster").path("request").asText());
        pullSecret = Files.writeString(folder.resolve("pull-secret.json"), recorded.path("pull_secret").asText());
        sshKey = Files.writeString(folder.resolve("id.pub"), recorded.path("ssh_public_key").asText() + "\n");
        discovery = patch("discovery.patch", "ignition_config_override", units("precache-images.service", "data"));
        pointer = patch("pointer.patch", "config", units("precache-ocp-images.service", "data"));
    }

    /** An Ignition config with a mount of that partition and a loader. */
    static String units(String loader, String label) {
        return """
                {"ignition": {"version": "3.1.0"}, "systemd": {"units": [
                {"name": "var-mnt.mount", "enabled": true, "contents": "[Mount]\\nWhat=/dev/disk/by-partlabel/%s\\n"},
                {"name": "%s", "enabled": true, "contents": "[Service]\\nType=oneshot\\n"}]}}"""
                .formatted(label, loader);
    }

    Path patch(String name, String key, String config) throws IOException {
        return Files.write(folder.resolve(name), Json.pretty(Json.object().put(key, config)));
    }

    /** The script with all it needs; one that is in {@code more} counts instead of ours. */
    ScriptRun run(Object... more) {
        List<Object> args = new ArrayList<>(List.of(more));
        Map.of("--url", service.url(), "--base-domain", "example.com", "--pull-secret", pullSecret, "--ssh-key", sshKey,
                "--discovery-patch", discovery, "--pointer-patch", pointer, "--kubeconfig-dir", folder)
                .forEach((name, value) -> args.addAll(args.contains(name) ? List.of() : List.of(name, value)));
        args.removeIf("--ask"::equals);
        if (!List.of(more).contains("--ask")) {
            args.add("--yes");
        }
        return ScriptRun.of(new CreateAiCluster(time), args.toArray());
    }

    /** The same of a run that must do it. */
    ScriptRun done(Object... more) {
        ScriptRun run = run(more);
        assertEquals(Cli.DONE, run.exit(), run::toString);
        return run;
    }

    /** status, cancel, reset or delete. */
    ScriptRun sub(String command, Object... more) {
        List<Object> args = new ArrayList<>(List.of(command, "--url", service.url()));
        args.addAll(List.of(more));
        return ScriptRun.of(new CreateAiCluster(time), args.toArray());
    }

    @Override
    public void close() {
        service.close();
    }
}

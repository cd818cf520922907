//SOURCES ../common/cli/Json.java
//SOURCES ../lab/LabNode.java
//SOURCES ../lab/LiveIso.java
//SOURCES ../lab/NodeImage.java
//SOURCES RenderedConfig.java

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Json;

/**
 * A boot of the lab node with a rendered config. In place of what OpenShift brings there are stand-ins; when all is up,
 * the node reports facts on its console and powers itself off.
 */
final class NodeBoot {
    private static final Duration DEADLINE = Duration.ofMinutes(8);
    private static final Pattern FACT = Pattern.compile("(?m)REPORT ([a-z]+): ?(.*)$");
    private static final String REPORT = """
            [Unit]
            Description=Report
            After=agent.service precache-images.service precache-ocp-images.service
            After=machine-config-daemon-pull.service nodeip-configuration.service crio.service

            [Service]
            Type=oneshot
            ExecStart=/usr/bin/bash /usr/local/bin/report
            ExecStart=/usr/bin/systemctl poweroff --no-block
            StandardOutput=journal+console

            [Install]
            WantedBy=multi-user.target
            """;

    private final ObjectNode config;
    private final Map<String, String> facts = new LinkedHashMap<>();

    NodeBoot(RenderedConfig rendered) {
        config = rendered.json();
    }

    /** A further file in /usr/local/bin. */
    NodeBoot program(String name, String text) {
        config.withObject("/storage").withArray("files").addObject().put("path", "/usr/local/bin/" + name)
                .put("mode", 493).putObject("contents").put("source", "data:;base64,"
                        + Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8)));
        return this;
    }

    /** An enabled service; drop-ins that the config has for it are kept. */
    NodeBoot service(String name, String text) {
        unit(name).put("enabled", true).put("contents", text);
        return this;
    }

    /** A drop-in for a unit of the config or of the node. */
    NodeBoot dropin(String name, String text) {
        unit(name).withArray("dropins").addObject().put("name", "90-test.conf").put("contents", text);
        return this;
    }

    private ObjectNode unit(String name) {
        for (JsonNode unit : config.path("systemd").path("units")) {
            if (unit.path("name").asText().equals(name)) {
                return (ObjectNode) unit;
            }
        }
        return config.withObject("/systemd").withArray("units").addObject().put("name", name);
    }

    /** Something to report: what the shell command prints, with blanks for line ends. */
    NodeBoot fact(String name, String shell) {
        facts.put(name, shell);
        return this;
    }

    /** A property of a unit as a fact. */
    NodeBoot property(String name, String unit, String property) {
        return fact(name, "systemctl show --value --property=" + property + " '" + unit + "'");
    }

    /** Boots the live ISO in RAM, with further arguments of QEMU; what it reported. */
    Map<String, String> live(NodeImage image, Path folder, String name, String... qemu) throws IOException {
        Path iso = folder.resolve(name + ".iso");
        LiveIso.embed(image.iso(), Json.pretty(complete()), iso);
        Map<String, String> report = boot(LabNode.Machine.live(name, folder, iso).with(List.of(qemu)));
        Files.delete(iso);
        return report;
    }

    /** Boots from the first disk; Ignition runs at its first boot only. What it reported. */
    Map<String, String> installed(Path folder, String name, Path... disks) throws IOException {
        Path file = Files.write(folder.resolve(name + ".ign"), Json.pretty(complete()));
        return boot(LabNode.Machine.installed(name, folder, file, disks));
    }

    private ObjectNode complete() {
        StringBuilder script = new StringBuilder();
        facts.forEach((name, shell) -> script.append("echo \"REPORT ").append(name).append(": $(echo $(").append(shell)
                .append("))\"\n"));
        return program("report", script + "echo REPORT END\n").service("report.service", REPORT).config;
    }

    private static Map<String, String> boot(LabNode.Machine machine) throws IOException {
        try (LabNode node = LabNode.boot(machine)) {
            node.await("REPORT END$", DEADLINE);
            assertTrue(node.awaitOff(DEADLINE), "it is off");
            Map<String, String> report = new LinkedHashMap<>();
            FACT.matcher(node.serial()).results().forEach(f -> report.put(f.group(1), f.group(2)));
            System.err.println(machine.name() + ": " + report);
            return report;
        }
    }
}

//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/disk/PartitionLabel.java
//SOURCES ../common/ignition/IgnitionFiles.java
//SOURCES CorpusLayer.java

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.cli.Json;
import common.disk.PartitionLabel;
import common.ignition.IgnitionFiles;
import common.ignition.IgnitionFiles.Mode;
import common.ignition.IgnitionFiles.Stage;

/**
 * The lab node on site: the product's Ignition configs, with stand-ins ({@code lab/site/}) for what OpenShift brings
 * along, which write to the console what they find of the references. The first reference is run as a container.
 */
record SiteNode(Path repository, Mode mode, List<String> references) {
    /** The discovery system, with an agent. */
    ObjectNode discovery() throws IOException {
        return with(config(Stage.AI), "agent.service");
    }

    /** The installed system's first boot, with the service that pulls the first reference until it has it. */
    ObjectNode installed() throws IOException {
        ObjectNode config = config(Stage.OCP);
        add(config, "/var/lib/kubelet/config.json", "{\"auths\": {}}\n");
        return with(config, "machine-config-daemon-pull.service", "lab-installed.service");
    }

    /** Takes what the stand-ins wrote from a console; a {@link Cli.Failure} names what is not as it should be. */
    void check(String console) {
        List<String> wrong = references.stream().filter(r -> !console.contains("LAB-REPORT has: " + r + "\n")).toList();
        if (!wrong.isEmpty()) {
            throw new Cli.Failure("on site, not in containers-storage: " + String.join(", ", wrong));
        }
        if (!console.contains("LAB-REPORT container: " + CorpusLayer.GREETING + "\n")) {
            throw new Cli.Failure("on site, no container ran with --pull=never");
        }
        if (!console.contains("LAB-REPORT network: lo\n")) {
            throw new Cli.Failure("on site there was a network: the node may have pulled");
        }
    }

    private ObjectNode config(Stage stage) throws IOException {
        ObjectNode config = new IgnitionFiles(repository.resolve("ignition-files/units"), PartitionLabel.DATA, null, mode,
                List.of()).config(stage);
        add(config, "/usr/local/bin/lab-report", text("lab-report"));
        add(config, "/usr/local/share/lab/references", String.join("\n", references) + "\n");
        return config;
    }

    private ObjectNode with(ObjectNode config, String... units) throws IOException {
        ArrayNode all = (ArrayNode) config.at("/systemd/units");
        for (String unit : units) {
            ObjectNode entry = null;
            for (var there : all) { // the product has a drop-in for it
                entry = there.path("name").asText().equals(unit) ? (ObjectNode) there : entry;
            }
            (entry != null ? entry : all.addObject().put("name", unit)).put("enabled", true)
                    .put("contents", text(unit).replace("REFERENCE", references.get(0)));
        }
        return config;
    }

    private String text(String name) throws IOException {
        return Files.readString(repository.resolve("lab/site").resolve(name));
    }

    private static void add(ObjectNode config, String path, String text) {
        ObjectNode file = config.withObject("/storage").withArray("files").addObject();
        file.put("path", path).put("mode", 420).putObject("contents").put("source", "data:;base64,"
                + Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8)));
    }
}

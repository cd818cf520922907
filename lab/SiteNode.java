//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/disk/PartitionLabel.java
//SOURCES ../common/ignition/IgnitionFiles.java
//SOURCES CorpusLayer.java
//SOURCES SiteImages.java

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.cli.Json;
import common.disk.PartitionLabel;
import common.ignition.IgnitionFiles;
import common.ignition.IgnitionFiles.Mode;
import common.ignition.IgnitionFiles.Stage;

/**
 * The lab node on site: the product's Ignition configs, with stand-ins ({@code lab/site/}) for what installs OpenShift.
 * They use the images in the real programs' order, and say on the console how that went.
 *
 * @param references that the node itself must have in the end; the first one is run as a container
 * @param served references that its registry must serve whole, every blob
 * @param stopRegistry whether the registry is stopped at the end, and what needs it must then fail
 */
record SiteNode(Path repository, Stage stage, Mode mode, Network network, SiteImages images, List<String> references,
        List<String> served, boolean stopRegistry) {
    /** A site with no route at all, or with a default route and a name server that swallow what is sent. */
    enum Network {
        NONE("lo"), SWALLOWS("lo site0");

        private final String devices;

        Network(String devices) {
            this.devices = devices;
        }
    }

    private static final String FOLDER = "/usr/local/share/lab/";
    private static final String PULL = "machine-config-daemon-pull.service";
    private static final String PULL_SINCE_4_18 = "machine-config-daemon-pull-4.18.service"; // in the one or the other boot
    private static final String WITHOUT_REGISTRY = "no-registry/";
    private static final Pattern CONSUMER = Pattern.compile("(?m)^ *consumer ([\\w/-]+) ");
    private static final Pattern PACKET = Pattern.compile("(?m)LAB-REPORT packet: (.*)$");

    /** The stage's config with the stand-ins. */
    ObjectNode config() throws IOException {
        ObjectNode config = new IgnitionFiles(repository.resolve("ignition-files/units"), PartitionLabel.DATA, null, mode,
                List.of()).config(stage);
        try (DirectoryStream<Path> programs = Files.newDirectoryStream(repository.resolve("lab/site"),
                f -> !f.toString().endsWith(".service"))) {
            for (Path program : programs) {
                add(config, FOLDER + program.getFileName(), Files.readString(program));
            }
        }
        add(config, FOLDER + "references", String.join("\n", references) + "\n");
        add(config, FOLDER + "served", String.join("\n", served) + "\n");
        add(config, FOLDER + "images", images.shell() + "STOP_REGISTRY=" + (stopRegistry ? "yes" : "") + "\n");
        List<String> units = new ArrayList<>(List.of("lab-memory.service"));
        if (network == Network.SWALLOWS) {
            units.addAll(List.of("lab-network.service", "lab-packets.service"));
            add(config, "/etc/NetworkManager/conf.d/lab.conf", "[main]\ndns=none\n"
                    + "[keyfile]\nunmanaged-devices=interface-name:site0\n");
        }
        if (stage == Stage.AI) {
            units.addAll(List.of("agent.service", "release-image.service", "node-image-pull.service"));
        } else {
            add(config, "/var/lib/kubelet/config.json", "{\"auths\": {}}\n");
            units.addAll(List.of(PULL, "machine-config-daemon-firstboot.service", "lab-installed.service"));
        }
        for (String unit : units) {
            unit(config, unit, unit.equals(PULL) && network == Network.SWALLOWS ? PULL_SINCE_4_18 : unit);
        }
        return config;
    }

    /** Takes what the stand-ins wrote from a console; a {@link Cli.Failure} names all that is not as it should be. */
    void check(String console) throws IOException {
        List<String> wrong = new ArrayList<>();
        Matcher consumers = CONSUMER.matcher(text(stage == Stage.AI ? "discovery" : "installed"));
        while (consumers.find()) {
            consumer(consumers.group(1), console).ifPresent(wrong::add);
        }
        references.stream().filter(r -> !console.contains("LAB-REPORT has: " + r + "\n"))
                .forEach(r -> wrong.add("not in containers-storage: " + r));
        if (!console.contains("LAB-REPORT container: " + CorpusLayer.GREETING + "\n")) {
            wrong.add("no container ran with --pull=never");
        }
        if (!console.contains("LAB-REPORT network: " + network.devices + "\n")) {
            wrong.add("the network is not that of this site: the node may have pulled");
        }
        if (network == Network.SWALLOWS && !console.contains("LAB-REPORT packets: 0\n")) {
            wrong.add("packets left the node: " + String.join(", ", PACKET.matcher(console).results()
                    .map(p -> p.group(1)).toList()));
        }
        if (!wrong.isEmpty()) {
            throw new Cli.Failure("on site: " + String.join("; ", wrong));
        }
    }

    /** What is wrong with the report of one stand-in. */
    private Optional<String> consumer(String name, String console) {
        boolean without = name.startsWith(WITHOUT_REGISTRY);
        if (without && !stopRegistry) {
            return Optional.empty();
        }
        Matcher line = Pattern.compile("(?m)LAB-REPORT consumer " + Pattern.quote(name) + ": (ok|failed) (.*)$")
                .matcher(console);
        if (!line.find()) {
            return Optional.of(name + " has not reported");
        }
        if (without) {
            return line.group(1).equals("failed") ? Optional.empty()
                    : Optional.of(name + " succeeded: it proves nothing");
        }
        return line.group(1).equals("ok") ? Optional.empty()
                : Optional.of(name + ": " + line.group(2));
    }

    /** Enabled if it has an [Install] section; drop-ins that the product has for it are kept. */
    private void unit(ObjectNode config, String name, String file) throws IOException {
        ArrayNode all = (ArrayNode) config.at("/systemd/units");
        ObjectNode unit = null;
        for (var there : all) {
            unit = there.path("name").asText().equals(name) ? (ObjectNode) there : unit;
        }
        String text = text(file).replace("MACHINE-CONFIG-OPERATOR", images.machineConfigOperator());
        unit = unit != null ? unit : all.addObject().put("name", name);
        if (text.contains("\n[Install]\n")) {
            unit.put("enabled", true);
        }
        unit.put("contents", text);
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

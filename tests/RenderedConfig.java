//SOURCES ../common/cli/Json.java
//SOURCES ../common/disk/PartitionLabel.java
//SOURCES ../common/ignition/IgnitionFiles.java
//SOURCES Repository.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.disk.PartitionLabel;
import common.ignition.IgnitionFiles;

/** One of the configs that this repository renders, and its parts by name. */
record RenderedConfig(IgnitionFiles.Stage stage, IgnitionFiles.Mode mode, PartitionLabel label) {
    static final PartitionLabel ODD = new PartitionLabel("a-b.c:d=e@f+g");

    /** Both stages, with and without the store, the default label and one that systemd has to escape. */
    static List<RenderedConfig> all() {
        return Stream.of(IgnitionFiles.Stage.values()).flatMap(s -> Stream.of(IgnitionFiles.Mode.LOAD, IgnitionFiles.Mode.STORE)
                .flatMap(m -> Stream.of(PartitionLabel.DATA, ODD).map(l -> new RenderedConfig(s, m, l)))).toList();
    }

    static RenderedConfig of(IgnitionFiles.Stage stage, IgnitionFiles.Mode mode) {
        return new RenderedConfig(stage, mode, PartitionLabel.DATA);
    }

    IgnitionFiles ignition() {
        return new IgnitionFiles(Repository.ROOT.resolve("ignition-files/units"), label, null, mode, List.of());
    }

    ObjectNode json() {
        return ignition().config(stage);
    }

    /** All texts of units and drop-ins, with the drop-ins of a unit behind it. */
    List<String> texts() {
        List<String> texts = new ArrayList<>();
        for (JsonNode unit : json().path("systemd").path("units")) {
            texts.add(unit.path("contents").asText());
            unit.path("dropins").forEach(d -> texts.add(d.path("contents").asText()));
        }
        return texts;
    }

    /** A unit with its drop-ins, as text. */
    String unit(String name) {
        StringBuilder text = new StringBuilder();
        for (JsonNode unit : json().path("systemd").path("units")) {
            if (unit.path("name").asText().equals(name)) {
                text.append(unit.path("contents").asText());
                unit.path("dropins").forEach(d -> text.append(d.path("contents").asText()));
            }
        }
        return text.toString();
    }

    /** The program that the config puts into /usr/local/bin. */
    String program(String name) {
        for (JsonNode file : json().path("storage").path("files")) {
            if (file.path("path").asText().equals("/usr/local/bin/" + name)) {
                return new String(Base64.getDecoder().decode(file.path("contents").path("source").asText()
                        .replaceFirst("^data:.*;base64,", "")));
            }
        }
        throw new AssertionError("no program " + name);
    }

    /** Writes the units as Ignition does below /etc/systemd/system; a service that others own gets a stand-in. */
    void write(Path folder) throws IOException {
        for (JsonNode unit : json().path("systemd").path("units")) {
            String name = unit.path("name").asText();
            if (unit.has("contents")) {
                Files.writeString(folder.resolve(name), unit.path("contents").asText());
            } else if (name.endsWith(".service")) {
                Files.writeString(folder.resolve(name), "[Service]\nType=oneshot\nExecStart=/usr/bin/true\n");
            }
            for (JsonNode dropin : unit.path("dropins")) {
                Path file = Files.createDirectories(folder.resolve(name + ".d")).resolve(dropin.path("name").asText());
                Files.writeString(file, dropin.path("contents").asText());
            }
        }
    }

    @Override
    public String toString() {
        return stage.file + ", mode " + mode.name().toLowerCase() + ", label " + label;
    }
}

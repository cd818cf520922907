package common.cli;

//DEPS com.fasterxml.jackson.core:jackson-databind:2.21.6
//DEPS com.fasterxml.jackson.dataformat:jackson-dataformat-toml:2.21.6
//DEPS com.fasterxml.jackson.dataformat:jackson-dataformat-yaml:2.21.6
//SOURCES AtomicFile.java
//SOURCES Cli.java
//SOURCES ParserMessage.java

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.toml.TomlMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;

/**
 * Jackson for JSON, YAML and TOML, as trees: strict on input (one document, no duplicate keys), an error names file and line.
 * All Jackson modules have the one version declared here; a script that also uses jib-core or Jetty names this file first, or
 * theirs wins.
 */
public final class Json {
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

    private Json() {
    }

    public static ObjectNode object() {
        return JSON.createObjectNode();
    }

    /** Parses one JSON document; {@code where} names it in the {@link Cli.Failure} that bad input throws. */
    public static JsonNode parse(byte[] bytes, String where) {
        return parse(JSON, bytes, where);
    }

    public static JsonNode read(Path file) {
        return parse(JSON, bytes(file), file.toString());
    }

    public static JsonNode readToml(Path file) {
        return parse(new TomlMapper(), bytes(file), file.toString());
    }

    /** Reads a file with one YAML document. */
    public static JsonNode readYaml(Path file) {
        return parse(Yaml.MAPPER, bytes(file), file.toString());
    }

    /** One YAML document; {@code where} names it in the {@link Cli.Failure} that bad input throws. */
    public static JsonNode parseYaml(byte[] bytes, String where) {
        return parse(Yaml.MAPPER, bytes, where);
    }

    /** A class of its own, so that YAML's classes are loaded only where they are needed: they cost start time. */
    private static final class Yaml {
        static final ObjectMapper MAPPER = new YAMLMapper().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    }

    /** Indented, one trailing newline: stable, so that files can be compared and signed. */
    public static byte[] pretty(JsonNode node) {
        try {
            byte[] json = JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(node);
            byte[] line = Arrays.copyOf(json, json.length + 1);
            line[json.length] = '\n';
            return line;
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes the document by temp file, fsync and rename. */
    public static void write(Path file, JsonNode node) throws IOException {
        AtomicFile.write(file, pretty(node));
    }

    private static byte[] bytes(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static JsonNode parse(ObjectMapper mapper, byte[] bytes, String where) {
        try {
            JsonNode node = mapper.readTree(bytes);
            if (node == null || node.isMissingNode()) {
                throw new Cli.Failure(where + ": empty");
            }
            return node;
        } catch (JsonProcessingException e) {
            String at = e.getLocation() == null ? "" : ":" + e.getLocation().getLineNr();
            String said = e.getOriginalMessage().lines().findFirst().orElse("");
            String words = mapper == JSON ? ParserMessage.json(said, bytes) : mapper instanceof TomlMapper
                    ? ParserMessage.toml(said, bytes) : ParserMessage.yaml(e.getOriginalMessage());
            throw new Cli.Failure(Cli.FAILED, where + at + ": " + words, e);
        } catch (IOException e) {
            throw new Cli.Failure(Cli.FAILED, where + ": not UTF-8 text", e); // a reader's: the bytes are all here
        }
    }
}

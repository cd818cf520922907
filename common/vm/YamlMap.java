package common.vm;

//DEPS org.yaml:snakeyaml:2.5
//SOURCES ../cli/Cli.java
//SOURCES ../cli/ParserMessage.java
//SOURCES PlanTemplate.java

import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.Stream;

import common.cli.Cli;
import common.cli.ParserMessage;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * A mapping of a YAML file, for settings that people write: a value of the wrong type is a {@link Cli.Failure} with
 * file and line. It works on YAML's nodes, which know their lines and keep each scalar as it is written: a MAC address
 * is not yet a number of base 60, 0755 not yet 493. A key is taken off as it is read; what is left was not understood.
 */
final class YamlMap {
    private final Path file;
    private final Node node;
    private final Map<String, Node> keys;

    private YamlMap(Path file, Node node, Map<String, Node> keys) {
        this.file = file;
        this.node = node;
        this.keys = keys;
    }

    /** The file's one document. */
    static YamlMap read(Path file) throws IOException {
        String text = PlanTemplate.filled(file, text(file));
        try {
            Node root = new Yaml(new SafeConstructor(new LoaderOptions())).compose(new StringReader(text));
            if (root == null) {
                throw new Cli.Failure(file + ": empty");
            }
            return of(file, root, "the file");
        } catch (MarkedYAMLException e) {
            throw new Cli.Failure(Cli.FAILED, file + ":" + (e.getProblemMark().getLine() + 1) + ": "
                    + ParserMessage.yaml(e.getProblem()), e);
        } catch (YAMLException e) { // a character that YAML forbids
            throw new Cli.Failure(Cli.FAILED, file + ": " + ParserMessage.yaml(String.valueOf(e.getMessage())), e);
        }
    }

    private static String text(Path file) throws IOException {
        try {
            return Files.readString(file);
        } catch (MalformedInputException e) {
            throw new Cli.Failure(Cli.FAILED, file + ": not UTF-8 text", e);
        }
    }

    private static YamlMap of(Path file, Node node, String what) {
        if (!(node instanceof MappingNode mapping)) {
            throw new Cli.Failure(at(file, node) + what + " is not a mapping of keys to values");
        }
        Map<String, Node> keys = new LinkedHashMap<>();
        for (NodeTuple pair : mapping.getValue()) {
            if (!(pair.getKeyNode() instanceof ScalarNode key)) {
                throw new Cli.Failure(at(file, pair.getKeyNode()) + "a key that is not a text");
            }
            if (keys.put(key.getValue(), pair.getValueNode()) != null) {
                throw new Cli.Failure(at(file, key) + key.getValue() + " is there twice");
            }
        }
        return new YamlMap(file, node, keys);
    }

    Set<String> keys() {
        return keys.keySet();
    }

    boolean isMap(String key) {
        return keys.get(key) instanceof MappingNode;
    }

    /** Takes from another mapping every key that this one lacks. */
    void inherit(YamlMap base) {
        base.keys.forEach(keys::putIfAbsent);
    }

    /** Takes off a mapping that is there. */
    YamlMap map(String key) {
        return of(file, keys.remove(key), key);
    }

    /** Takes off a text; {@code otherwise} when the key is not there. */
    String text(String key, String otherwise) {
        return keys.containsKey(key) ? text(keys.remove(key), key) : otherwise;
    }

    /** Takes off a whole number above 0. */
    int number(String key, int otherwise) {
        Node value = keys.get(key);
        String text = text(key, null);
        if (text != null && !text.matches("[1-9]\\d{0,7}")) {
            throw new Cli.Failure(at(file, value) + key + " " + text + ": not a whole number above 0");
        }
        return text == null ? otherwise : Integer.parseInt(text);
    }

    boolean flag(String key, boolean otherwise) {
        Node value = keys.remove(key);
        if (value == null) {
            return otherwise;
        }
        if (!value.getTag().equals(Tag.BOOL)) {
            throw new Cli.Failure(at(file, value) + key + " is neither true nor false");
        }
        return Set.of("true", "yes", "on").contains(((ScalarNode) value).getValue().toLowerCase(Locale.ROOT));
    }

    /** Takes off a list of texts; one text that is no list counts as such. */
    List<String> texts(String key) {
        return isText(keys.get(key)) ? List.of(text(key, null)) : nodes(key).map(n -> text(n, key)).toList();
    }

    /** Takes off a list of mappings; an entry that is only a text counts as a mapping of {@code shorthand} to it. */
    List<YamlMap> maps(String key, String shorthand) {
        return nodes(key).map(n -> isText(n) && shorthand != null
                ? new YamlMap(file, n, new LinkedHashMap<>(Map.of(shorthand, n))) : of(file, n, "an entry of " + key))
                .toList();
    }

    /** Takes off all that is left: key, and where it is. */
    void rest(BiConsumer<String, String> unknown) {
        keys.forEach((key, value) -> unknown.accept(key, at(file, value)));
        keys.clear();
    }

    /** An error about the mapping as a whole. */
    Cli.Failure wrong(String what) {
        return new Cli.Failure(at(file, node) + what);
    }

    private Stream<Node> nodes(String key) {
        Node value = keys.remove(key);
        if (value != null && !(value instanceof SequenceNode)) {
            throw new Cli.Failure(at(file, value) + key + " is not a list");
        }
        return value == null ? Stream.empty() : ((SequenceNode) value).getValue().stream();
    }

    private String text(Node value, String key) {
        if (!isText(value)) {
            throw new Cli.Failure(at(file, value) + key + " is not a text");
        }
        return ((ScalarNode) value).getValue();
    }

    private static boolean isText(Node value) {
        return value instanceof ScalarNode && !value.getTag().equals(Tag.NULL);
    }

    private static String at(Path file, Node node) {
        return file + ":" + (node.getStartMark().getLine() + 1) + ": ";
    }
}

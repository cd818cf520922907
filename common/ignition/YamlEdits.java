package common.ignition;

//DEPS org.yaml:snakeyaml:2.5
//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/ParserMessage.java

import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import common.cli.Cli;
import common.cli.ParserMessage;
import common.cli.Json;
import org.yaml.snakeyaml.DumperOptions.FlowStyle;
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

/**
 * Sets strings in a YAML text and leaves every other character as it is: comments, order, quotes, blank lines. YAML's
 * own nodes say where a value stands; only that range of the text is replaced.
 */
final class YamlEdits {
    private static final int LONGEST = 64 << 20; // the parser's own limit is 3 MB

    private static final Pattern COMMENT = Pattern.compile("[|>][^\\n#]*?(\\s+#[^\\r\\n]*)"); // of a block's header

    private final String text;
    private final String where;
    private final String newline;
    /** Start of a range -> its end and what comes there. */
    private final Map<Integer, Replacement> edits = new TreeMap<>();

    private record Replacement(int end, String text) {
    }

    /** {@code where} names the text in errors. */
    YamlEdits(String text, String where) {
        this.text = text;
        this.where = where;
        this.newline = text.contains("\r\n") ? "\r\n" : "\n";
    }

    /** The documents' roots. */
    List<Node> documents() {
        LoaderOptions options = new LoaderOptions();
        options.setCodePointLimit(LONGEST);
        List<Node> documents = new ArrayList<>();
        try {
            new Yaml(new SafeConstructor(options)).composeAll(new StringReader(text)).forEach(documents::add);
        } catch (MarkedYAMLException e) {
            throw new Cli.Failure(Cli.FAILED, where + ":" + (e.getProblemMark().getLine() + 1) + ": " + ParserMessage.yaml(e.getProblem())
                    + (text.contains("{{") || text.contains("{%") ? "; templates are not filled in here" : ""), e);
        } catch (YAMLException e) {
            throw new Cli.Failure(Cli.FAILED, where + ": " + ParserMessage.yaml(String.valueOf(e.getMessage())), e);
        }
        return documents;
    }

    /** The value of a key, empty when it is not there or null. A key that a merge ({@code <<}) brings is refused. */
    Optional<Node> value(MappingNode map, String key) {
        for (NodeTuple entry : map.getValue()) {
            String name = scalar(entry.getKeyNode());
            if (name.equals(key)) {
                return Optional.of(entry.getValueNode()).filter(v -> !v.getTag().getValue().endsWith(":null"));
            }
            if (name.equals("<<") && entry.getValueNode() instanceof MappingNode merged
                    && value(merged, key).isPresent()) {
                throw failure(entry.getKeyNode(), key + " comes from a merge (<<); write it out");
            }
        }
        return Optional.empty();
    }

    /** The mappings of a list; none when the key is not there. */
    List<MappingNode> list(MappingNode map, String key) {
        List<MappingNode> entries = new ArrayList<>();
        for (Node entry : value(map, key).map(v -> as(v, SequenceNode.class, key + " is not a list").getValue())
                .orElse(List.of())) {
            entries.add(as(entry, MappingNode.class, key + " is not a list of mappings"));
        }
        return entries;
    }

    <T extends Node> T as(Node node, Class<T> type, String otherwise) {
        if (!type.isInstance(node)) {
            throw failure(node, otherwise);
        }
        return type.cast(node);
    }

    static String scalar(Node node) {
        return node instanceof ScalarNode s ? s.getValue() : "";
    }

    Cli.Failure failure(Node node, String what) {
        return new Cli.Failure(where + ":" + (node.getStartMark().getLine() + 1) + ": " + what);
    }

    /**
     * Sets a key to a string. One that is not there yet goes below the first of the keys {@code below} that is.
     *
     * @param value several lines become a literal block, where the mapping itself is in block style
     */
    void set(MappingNode map, String key, String value, List<String> below) {
        boolean block = map.getFlowStyle() != FlowStyle.FLOW;
        for (NodeTuple entry : map.getValue()) {
            if (scalar(entry.getKeyNode()).equals(key)) {
                replace(entry, column(map), block, value);
                return;
            }
        }
        NodeTuple anchor = null;
        for (NodeTuple entry : map.getValue()) {
            boolean oneLine = entry.getValueNode() instanceof ScalarNode
                    && entry.getValueNode().getEndMark().getLine() == entry.getKeyNode().getStartMark().getLine();
            boolean better = anchor == null || below.contains(scalar(entry.getKeyNode()))
                    && !below.contains(scalar(anchor.getKeyNode()));
            anchor = oneLine && better ? entry : anchor;
        }
        if (map.getValue().isEmpty()) {
            throw failure(map, "an empty mapping");
        }
        String line = key + ": " + written(value, column(map), block);
        if (block && anchor != null) {
            int end = text.indexOf('\n', index(anchor.getValueNode().getEndMark().getIndex()));
            String before = end < 0 ? newline : "";
            put(end < 0 ? text.length() : end + 1, 0, before + " ".repeat(column(map)) + line + newline);
        } else {
            int first = index(map.getValue().get(0).getKeyNode().getStartMark().getIndex());
            put(first, 0, block ? line + newline + " ".repeat(column(map)) : line + ", ");
        }
    }

    private void replace(NodeTuple entry, int column, boolean block, String value) {
        Node old = entry.getValueNode();
        int start = index(old.getStartMark().getIndex());
        int end = index(old.getEndMark().getIndex());
        if (start < index(entry.getKeyNode().getEndMark().getIndex()) || start < text.length()
                && "&*!".indexOf(text.charAt(start)) >= 0) {
            throw failure(entry.getKeyNode(), scalar(entry.getKeyNode()) + ": has an anchor, alias or tag; write it out");
        }
        while (end > start && Character.isWhitespace(text.charAt(end - 1))) {
            end--; // a block scalar's range holds the blank lines below it
        }
        boolean isNull = start == end; // "key:" with nothing behind it
        start = isNull ? index(entry.getKeyNode().getEndMark().getIndex()) + 1 : start;
        end = Math.max(start, end);
        String comment = "";
        if (block && value.contains("\n")) { // one behind the value goes behind the block's header
            Matcher header = COMMENT.matcher(text.substring(start, end));
            int line = text.indexOf('\n', end);
            String behind = text.substring(end, line < 0 ? text.length() : line).stripTrailing();
            comment = header.lookingAt() ? header.group(1) : behind;
            end += header.lookingAt() ? 0 : behind.length();
        }
        put(start, end - start, (isNull ? " " : "") + written(value, column, block).replaceFirst("^\\|",
                Matcher.quoteReplacement("|" + comment)));
    }

    private static int column(MappingNode map) {
        return map.getValue().isEmpty() ? 0 : map.getValue().get(0).getKeyNode().getStartMark().getColumn();
    }

    private String written(String value, int column, boolean block) {
        if (!block) {
            return Json.object().textNode(value).toString(); // a JSON string is a double-quoted YAML scalar
        }
        if (!value.contains("\n")) {
            return "'" + value.replace("'", "''") + "'";
        }
        String indent = newline + " ".repeat(column + 2);
        return "|" + indent + value.strip().replace("\n", indent);
    }

    private void put(int start, int length, String replacement) {
        Replacement there = edits.get(start);
        edits.put(start, there == null ? new Replacement(start + length, replacement)
                : new Replacement(start + length, there.text + replacement)); // two insertions below one line
    }

    /** The mark counts characters, the text UTF-16 units. */
    private int index(int codePoints) {
        return text.offsetByCodePoints(0, codePoints);
    }

    /** The text with all that was set. */
    String result() {
        StringBuilder result = new StringBuilder();
        int at = 0;
        for (Map.Entry<Integer, Replacement> edit : edits.entrySet()) {
            result.append(text, at, edit.getKey()).append(edit.getValue().text);
            at = edit.getValue().end;
        }
        return result.append(text, at, text.length()).toString();
    }
}

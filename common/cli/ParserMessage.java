package common.cli;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is wrong with a document, for a person: the parsers' own messages speak of their tokens, features and classes.
 * Nothing of the document is quoted but a character, a word or a key.
 */
public final class ParserMessage {
    private static final Map<String, String> YAML = Map.of(
            "expected <block end>", "wrong indentation",
            "mapping values are not allowed", "a colon where no value may follow; is the indentation right, or are quotes missing?",
            "that cannot start any token", "a character that may not stand here; a tab for indentation, or a text without quotes?",
            "could not find expected ':'", "a key without a colon",
            "unexpected end of stream", "a quote or bracket is not closed",
            "found undefined alias", "an alias (*NAME) whose anchor (&NAME) is not there",
            "found duplicate key", "a key that is there twice",
            "special characters are not allowed", "a control character; not a text file?",
            "the input stream", "not valid YAML");
    private static final Pattern DUPLICATE = Pattern.compile("[Dd]uplicate (?:field|key) '?\"?([^'\"]*)");
    private static final Pattern CHARACTER = Pattern.compile("(?:Unexpected|Illegal) character \\('(.)'");
    private static final Pattern WORD = Pattern.compile("Unrecognized token '([\\w.-]{1,40})'");

    private ParserMessage() {
    }

    /** {@code said}: the parser's first line; {@code bytes}: the document. */
    public static String json(String said, byte[] bytes) {
        String not = start(bytes, "JSON");
        Matcher word = WORD.matcher(said);
        return !not.isEmpty() ? not : said.contains("TRAILING") || said.contains("Trailing") ? "more than one document"
                : said.startsWith("Unexpected end") ? "it ends too early: a bracket or quote is not closed"
                : said.contains("UTF-8") ? "not UTF-8 text"
                : word.find() ? "not JSON: the word " + word.group(1) + " where a value should be"
                : characterOrKey(said, "not valid JSON");
    }

    public static String toml(String said, byte[] bytes) {
        String text = new String(bytes, 0, Math.min(bytes.length, 4096), StandardCharsets.UTF_8);
        boolean yaml = Pattern.compile("(?m)^(apiVersion|kind|spec):").matcher(text).find();
        String not = text.stripLeading().startsWith("{") ? "JSON, and TOML is expected" : start(bytes, "TOML");
        return yaml ? "YAML, a resource of a cluster; what is expected is TOML, as /etc/containers/registries.conf has it"
                : !not.isEmpty() ? not : characterOrKey(said, "not valid TOML");
    }

    public static String yaml(String said) {
        return said.contains("TRAILING") || said.contains("Trailing") ? "more than one document (---); one is expected"
                : YAML.entrySet().stream().filter(e -> said.contains(e.getKey())).map(Map.Entry::getValue).findFirst()
                        .orElseGet(() -> characterOrKey(said, "not valid YAML"));
    }

    private static String characterOrKey(String said, String otherwise) {
        Matcher duplicate = DUPLICATE.matcher(said);
        Matcher character = CHARACTER.matcher(said);
        return duplicate.find() ? "the key " + duplicate.group(1) + " is there twice"
                : character.find() ? "unexpected character " + character.group(1) : otherwise;
    }

    /** What another kind of file begins with. */
    private static String start(byte[] bytes, String expected) {
        int first = bytes.length < 2 ? 0 : (bytes[0] & 0xff) << 8 | bytes[1] & 0xff;
        String text = new String(bytes, 0, Math.min(bytes.length, 64), StandardCharsets.ISO_8859_1).stripLeading();
        String found = first == 0x1f8b ? "compressed with gzip" : first == 0x28b5 ? "compressed with zstd"
                : first == 0xfffe || first == 0xfeff ? "UTF-16" : text.startsWith("<") ? "HTML or XML"
                : text.startsWith("-----BEGIN") ? "PEM" : "";
        return found.isEmpty() ? "" : found + ", and " + expected + " is expected";
    }
}

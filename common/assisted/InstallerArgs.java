package common.assisted;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Json;

/** Arguments of coreos-installer, as the service takes them: its pkg/validations/validations.go. */
final class InstallerArgs {
    private static final Set<String> FLAGS = Set.of("--append-karg", "--delete-karg", "-n", "--copy-network",
            "--network-dir", "--save-partlabel", "--save-partindex", "--image-url", "--image-file");
    private static final String VALUE = "[A-Za-z0-9@!#$%*()_+-=//.,\";':{}\\[\\]]+"; // + to = is a range, as in theirs

    private InstallerArgs() {
    }

    /** Words as a shell would split them, without quotes; or a JSON list. {@code where} names them in errors. */
    static List<String> parse(String args, String where) {
        if (!args.strip().startsWith("[")) {
            return check(args.isBlank() ? List.of() : List.of(args.strip().split("\\s+")), where);
        }
        List<String> words = new ArrayList<>();
        JsonNode list = json(args, where);
        list.forEach(w -> words.add(w.asText()));
        return check(words, where);
    }

    private static JsonNode json(String args, String where) {
        try {
            return Json.parse(args.getBytes(StandardCharsets.UTF_8), where);
        } catch (Cli.Failure e) {
            throw new Cli.Failure(Cli.USAGE, e.getMessage(), e);
        }
    }

    /** The same list, when the service would take it; {@code --flag=value} becomes two words, which it wants. */
    static List<String> check(List<String> args, String where) {
        List<String> words = new ArrayList<>();
        for (String arg : args) {
            boolean isJoined = arg.matches("--[a-z-]+=.*");
            words.addAll(isJoined ? List.of(arg.split("=", 2)) : List.of(arg));
        }
        for (String word : words) {
            if (word.startsWith("-") ? !FLAGS.contains(word) : !word.matches(VALUE)) {
                throw new Cli.Failure(Cli.USAGE, where + ": " + (word.startsWith("-") ? "the service takes no " + word
                        + " but " + String.join(", ", FLAGS.stream().sorted().toList())
                        : "\"" + word + "\" has characters that the service does not take"));
            }
        }
        return words;
    }
}

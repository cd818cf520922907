package common.verify;

//SOURCES ../cli/Json.java

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Json;

/**
 * What a check of a folder found. Each line names a file, as seen from the folder, and says what is the matter with it.
 *
 * @param wrong faults: with one of them the folder is not whole
 * @param unchecked what could not be looked at here, and why
 * @param notes what the operator may want to know
 */
public record Findings(Path root, List<String> wrong, List<String> unchecked, List<String> notes) {
    public static Findings of(Path root) {
        return new Findings(root, new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    }

    void wrong(Path file, String what) {
        wrong.add(name(file) + ": " + what);
    }

    void unchecked(Path file, String why) {
        unchecked.add(name(file) + ": " + why);
    }

    void note(Path file, String what) {
        notes.add(name(file) + ": " + what);
    }

    /** Three arrays of lines, by the names of the components. */
    public ObjectNode json() {
        ObjectNode json = Json.object();
        wrong.forEach(json.putArray("wrong")::add);
        unchecked.forEach(json.putArray("unchecked")::add);
        notes.forEach(json.putArray("notes")::add);
        return json;
    }

    /** Text about files in the folder, with their names as seen from there. */
    String relative(String text) {
        return text.replace(root + "/", "");
    }

    private String name(Path file) {
        return file.startsWith(root) && !file.equals(root) ? root.relativize(file).toString() : file.toString();
    }
}

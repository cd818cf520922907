package common.verify;

//SOURCES ../cli/Json.java
//SOURCES Fault.java

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Json;

/**
 * What a check of a folder found. Each line names a file, as seen from the folder, and says what is the matter with it.
 *
 * @param found faults: with one of them the folder is not whole
 * @param unchecked what could not be looked at here, and why
 * @param notes what the operator may want to know
 */
public record Findings(Path root, List<Found> found, List<String> unchecked, List<String> notes) {
    /** A fault, and its line. */
    public record Found(Fault fault, String line) {
    }

    public static Findings of(Path root) {
        return new Findings(root, new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    }

    void wrong(Fault fault, Path file, String what) {
        found.add(new Found(fault, name(file) + ": " + what));
    }

    /** The lines of the faults. */
    public List<String> wrong() {
        return found.stream().map(Found::line).toList();
    }

    void unchecked(Path file, String why) {
        unchecked.add(name(file) + ": " + why);
    }

    void note(Path file, String what) {
        notes.add(name(file) + ": " + what);
    }

    /** The arrays of lines wrong, unchecked and notes, and faults: the {@link Fault} of each line of wrong. */
    public ObjectNode json() {
        ObjectNode json = Json.object();
        wrong().forEach(json.putArray("wrong")::add);
        found.forEach(f -> json.withArray("faults").add(f.fault().toString()));
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

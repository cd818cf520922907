package common.line;

//SOURCES ../cli/Json.java

import java.util.Locale;

import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Json;

/**
 * A question about a server before it is staged, and the answer.
 *
 * @param found what it has, in words
 * @param wanted what the profile asks for; "" when it asks for nothing
 */
public record Check(String name, Outcome outcome, String found, String wanted) {
    /** UNKNOWN: there was no way to find out, which fails where the profile insists. */
    public enum Outcome { PASS, FAIL, UNKNOWN }

    static Check of(String name, boolean passes, String found, String wanted) {
        return new Check(name, passes ? Outcome.PASS : Outcome.FAIL, found, wanted);
    }

    /** Nothing is known: it fails when the profile asks for something. */
    static Check unknown(String name, String why, String wanted) {
        return new Check(name, wanted.isEmpty() ? Outcome.UNKNOWN : Outcome.FAIL, why, wanted);
    }

    public ObjectNode json() {
        return Json.object().put("name", name).put("outcome", outcome.toString().toLowerCase(Locale.ROOT)).put("found", found)
                .put("wanted", wanted);
    }

    /** A line for a person. */
    public String shown() {
        return outcome + " " + name + ": " + found + (wanted.isEmpty() ? "" : ", wanted " + wanted);
    }
}

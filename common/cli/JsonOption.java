package common.cli;

//SOURCES Json.java
//SOURCES Cli.java

import java.io.PrintStream;

import com.fasterxml.jackson.databind.node.ObjectNode;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/**
 * {@code --json}: stdout carries one JSON document, all text goes to stderr (picocli mixin). A run that fails before its
 * document has one about the failure instead: {@code {"error": TEXT, "exitCode": N, "failed": []}}.
 */
public final class JsonOption implements Cli.FailureReport {
    @Option(names = "--json", scope = ScopeType.INHERIT, description = "A JSON document on stdout, text on stderr.")
    private boolean on;
    private boolean printed;

    public boolean isOn() {
        return on;
    }

    /** Where text for a person goes. */
    public PrintStream text() {
        return on ? System.err : System.out;
    }

    /** Prints the run's document, if one was asked for. */
    public void print(ObjectNode document) {
        if (on) {
            write(document);
        }
    }

    /** The same of a run that did not do all it should: the exit code is in its document, beside its {@code failed}. */
    public void print(ObjectNode document, int exitCode) {
        print(exitCode == Cli.DONE ? document : document.put("exitCode", exitCode));
    }

    @Override
    public void failed(String error, int exitCode) {
        if (!printed) { // else stdout would carry two documents
            ObjectNode document = Json.object().put("error", error).put("exitCode", exitCode);
            document.putArray("failed");
            write(document);
        }
    }

    private void write(ObjectNode document) {
        printed = true;
        byte[] bytes = Json.pretty(document);
        System.out.write(bytes, 0, bytes.length);
        System.out.flush();
    }
}

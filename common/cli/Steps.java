package common.cli;

//SOURCES Cli.java
//SOURCES Progress.java

import java.io.IOException;
import java.io.PrintStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** The steps of a run on the screen: one line each, with its result; coloured only where a person watches. */
public final class Steps {
    private static final String GREEN = "\033[0;32m[OK]\033[0m    ";
    private static final String RED = "\033[0;31m[ERROR]\033[0m ";

    private final PrintStream out;
    private final boolean colour;
    private String noted = "";

    /** {@code json}: stdout carries a document, the lines go to stderr. */
    public Steps(boolean json) {
        this.out = json ? System.err : System.out;
        this.colour = Progress.onTerminal(json ? 2 : 1);
    }

    /** What a step does; it returns its result in words. */
    public interface Action {
        String run() throws IOException;
    }

    /** Runs a step. When it fails its line says so, and why is for the script's one-line error. */
    public void step(String name, Action action) throws IOException {
        String result;
        try {
            result = action.run();
        } catch (IOException | RuntimeException e) {
            out.println((colour ? RED : "[ERROR] ") + name);
            throw e;
        }
        out.println((colour ? GREEN : "[OK]    ") + name + (result.isEmpty() ? "" : ": " + result));
    }

    /** A line about a step that is under way. */
    public void note(String text) {
        noted = text;
        out.println("        " + text);
    }

    /** The same, unless it is what the last one said; {@code suffix} is shown but does not count, a time say. */
    public void change(String text, String suffix) {
        if (!text.equals(noted)) {
            note(text + suffix);
            noted = text;
        }
    }

    public void change(String text) {
        change(text, "");
    }

    /** Asks the operator and waits for Enter; returns what was typed before it. Ctrl-C ends the wait at once. */
    public String ask(String question) throws IOException {
        out.print(question + " ");
        out.flush();
        CompletableFuture<String> answer = new CompletableFuture<>();
        Thread reader = new Thread(() -> { // no interrupt wakes whoever reads from a terminal
            try {
                answer.complete(line());
            } catch (IOException | Cli.Failure e) {
                answer.completeExceptionally(e);
            }
        }, "answer");
        reader.setDaemon(true);
        reader.start();
        try {
            return answer.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Cli.Failure(Cli.INTERRUPTED, "interrupted", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Cli.Failure failure) {
                throw failure;
            }
            throw new IOException(e.getCause());
        }
    }

    private static String line() throws IOException {
        StringBuilder typed = new StringBuilder();
        for (int c; (c = System.in.read()) != '\n';) {
            if (c < 0) {
                throw new Cli.Failure("no answer: stdin ended; --yes does not ask");
            }
            typed.append((char) c);
        }
        return typed.toString().strip();
    }

    /** Whether {@link #ask} can be answered. */
    public static boolean canAsk() {
        return Progress.onTerminal(0);
    }
}

//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ScriptRun.java
//SOURCES Scripts.java

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import common.cli.Cli;
import common.cli.Json;
import picocli.CommandLine.Command;

/**
 * Scripts on another JVM that has the given environment, one after the other: a start costs half a second, a further run
 * nothing. Not for several threads.
 */
final class WarmScripts implements AutoCloseable {
    private static final int LONGEST_SECONDS = 120;
    private final Process process;
    private final BufferedReader answers;

    WarmScripts(Map<String, String> environment) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(Scripts.argv(ScriptsOnDemand.class))
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().putAll(environment);
        process = builder.start();
        answers = process.inputReader(StandardCharsets.UTF_8);
    }

    /** Runs a script to its end; an end that does not come within two minutes is a failed assertion. */
    ScriptRun run(Class<? extends Cli.Command> script, Object... args) throws IOException {
        ArrayNode line = Json.object().putArray("argv").add(script.getName());
        Stream.of(args).forEach(a -> line.add(a.toString()));
        process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().flush();
        CompletableFuture<Void> hanging = CompletableFuture.runAsync(process::destroyForcibly,
                CompletableFuture.delayedExecutor(LONGEST_SECONDS, TimeUnit.SECONDS));
        try {
            for (String answer = answers.readLine(); answer != null; answer = answers.readLine()) {
                if (answer.startsWith("{\"exit\":")) { // not what a program that the script ran has printed
                    JsonNode run = Json.parse(answer.getBytes(StandardCharsets.UTF_8), "answer");
                    return new ScriptRun(run.get("exit").asInt(), run.get("out").asText(), run.get("err").asText());
                }
            }
            throw new AssertionError("no end after " + LONGEST_SECONDS + " s, or the JVM died: " + line);
        } finally {
            hanging.cancel(false);
        }
    }

    @Override
    public void close() throws IOException {
        process.getOutputStream().close();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}

@Command(name = "scripts-on-demand", description = "Runs the scripts that lines on stdin name, each a JSON array.")
class ScriptsOnDemand extends Cli.Command {
    public static void main(String... args) {
        System.exit(Cli.run(new ScriptsOnDemand(), args));
    }

    @Override
    public Integer call() throws Exception {
        PrintStream answers = System.out;
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            List<Object> argv = new ArrayList<>();
            Json.parse(line.getBytes(StandardCharsets.UTF_8), "stdin").forEach(a -> argv.add(a.asText()));
            Cli.Command script = (Cli.Command) Class.forName((String) argv.get(0)).getDeclaredConstructor().newInstance();
            ScriptRun run = ScriptRun.of(script, argv.subList(1, argv.size()).toArray());
            answers.println(Json.object().put("exit", run.exit()).put("out", run.out()).put("err", run.err()));
        }
        return Cli.DONE;
    }
}

package common.vm;

//SOURCES ../cli/Cli.java
//DEPS io.pebbletemplates:pebble:3.2.4
//DEPS org.slf4j:slf4j-nop:2.0.17
//DEPS org.yaml:snakeyaml:2.5

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import common.cli.Cli;
import io.pebbletemplates.pebble.PebbleEngine;
import io.pebbletemplates.pebble.error.PebbleException;
import io.pebbletemplates.pebble.error.RootAttributeNotFoundException;
import io.pebbletemplates.pebble.loader.StringLoader;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * A kcli plan's Jinja expressions, filled in from the plan's own {@code parameters} (kcli's documentation, "Plan types"
 * and "Jinja templating"): values, {@code default}, conditions, loops. No file is read and no method called, whatever a
 * plan says; a name that has no value is a {@link Cli.Failure} with its line.
 */
final class PlanTemplate {
    private static final Pattern MARKS = Pattern.compile("\\{[{%#]");
    private static final Pattern PARAMETERS = Pattern.compile("(?m)^parameters:.*\\R(?:(?:[ \\t#].*)?(?:\\R|\\z))*");
    private static final Pattern OTHER_FILES =
            Pattern.compile("\\{%[-+]?\\s*(include|import|from|extends|embed|use)\\b");
    private static final int LARGEST = 4 << 20;

    private PlanTemplate() {
    }

    /** The text as it is when there is nothing to fill in. */
    static String filled(Path file, String text) {
        Matcher other = OTHER_FILES.matcher(text);
        if (other.find()) {
            int line = (int) text.substring(0, other.start()).chars().filter(c -> c == '\n').count() + 1;
            throw new Cli.Failure(file + ":" + line + ": " + other.group(1) + ": other files are not read here; write it out");
        }
        return MARKS.matcher(text).find() ? Engine.render(file, text, parameters(file, text)) : text;
    }

    private static Map<String, Object> parameters(Path file, String text) {
        Map<String, Object> values = new HashMap<>();
        Matcher block = PARAMETERS.matcher(text);
        if (block.find() && !MARKS.matcher(block.group()).find()) {
            try {
                Object loaded = new Yaml(new SafeConstructor(new LoaderOptions())).load(block.group());
                if (loaded instanceof Map<?, ?> plan && plan.get("parameters") instanceof Map<?, ?> given) {
                    given.forEach((name, value) -> values.put(String.valueOf(name), value));
                }
            } catch (YAMLException e) {
                throw new Cli.Failure(Cli.FAILED, file + ": parameters: not valid YAML", e);
            }
        }
        return values;
    }

    /** A class of its own, so that the engine is loaded only for a plan that needs it. */
    private static final class Engine {
        private static final Pattern ELIF = Pattern.compile("(\\{%[-+]?\\s*)elif\\b");

        static String render(Path file, String text, Map<String, Object> values) {
            StringWriter filled = new StringWriter();
            try {
                new PebbleEngine.Builder().loader(new StringLoader()).autoEscaping(false).strictVariables(true)
                        .newLineTrimming(false).maxRenderedSize(LARGEST).methodAccessValidator((object, method) -> false)
                        .build().getLiteralTemplate(ELIF.matcher(text).replaceAll("$1elseif")).evaluate(filled, values);
                return filled.toString();
            } catch (RootAttributeNotFoundException e) {
                throw failure(file, e.getLineNumber(), e.getAttributeName() + " has no value: neither a parameter of the plan "
                        + "nor a default; add it to parameters", e);
            } catch (PebbleException e) {
                throw failure(file, e.getLineNumber(), "a template that cannot be filled in here; write the value", e);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (RuntimeException e) { // what an expression runs into: a division by zero, a wrong type
                throw failure(file, null, "a template that cannot be filled in here; write the value", e);
            }
        }

        private static Cli.Failure failure(Path file, Integer line, String what, Exception e) {
            return new Cli.Failure(Cli.FAILED, file + (line == null ? "" : ":" + line) + ": " + what, e);
        }
    }
}

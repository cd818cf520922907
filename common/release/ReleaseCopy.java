package common.release;

//SOURCES ../cli/AtomicFile.java
//SOURCES ../cli/Cli.java

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import common.cli.AtomicFile;
import common.cli.Cli;

/**
 * What the repository has for one release, made for another: {@code images-VERSION/} and {@code ocp-images-VERSION/},
 * whose scripts differ in the version and the class name only.
 *
 * @param root {@code container-images/} of a checkout
 * @param model the version whose scripts are there
 */
public record ReleaseCopy(Path root, String model, String version) {
    /** A folder of the new version that is there already. */
    public Optional<Path> existing() {
        return Stream.of(initialList(), ocpList()).map(Path::getParent).filter(Files::exists).findFirst();
    }

    public Path initialList() {
        return initialList(version);
    }

    public Path modelInitialList() {
        return initialList(model);
    }

    private Path initialList(String of) {
        return root.resolve("images-" + of).resolve("initial-images-" + of + ".txt");
    }

    public Path ocpList() {
        return root.resolve("ocp-images-" + version).resolve("ocp-images-" + version + ".txt");
    }

    /** Makes the folders, with copies of the model's scripts, and returns these. */
    public List<Path> copyScripts() throws IOException {
        List<Path> copies = new ArrayList<>();
        for (Path folder : List.of(initialList().getParent(), ocpList().getParent())) {
            Files.createDirectories(folder);
            Path from = root.resolve(folder.getFileName().toString().replace(version, model));
            try (Stream<Path> files = Files.list(from)) {
                for (Path script : files.filter(f -> f.toString().endsWith(".java")).sorted().toList()) {
                    Path copy = folder.resolve(copied(script.getFileName().toString()));
                    AtomicFile.write(copy, copied(Files.readString(script)).getBytes(StandardCharsets.UTF_8));
                    if (!copy.toFile().setExecutable(true, false)) {
                        throw new Cli.Failure("cannot make " + copy + " executable");
                    }
                    copies.add(copy);
                }
            }
        }
        return copies;
    }

    /** Gives the copies a name in jbang-catalog.json, behind that of their model; a name that is there stays. */
    public void copyAliases() throws IOException {
        Path catalog = root.toAbsolutePath().normalize().resolveSibling("jbang-catalog.json");
        String text = Files.readString(catalog);
        // as text, since only so all other lines stay as their writers left them
        Matcher alias = Pattern.compile("    \"[^\"]+-" + Pattern.quote(model) + "\": \\{[^}]*},\n").matcher(text);
        String more = alias.replaceAll(m -> Matcher.quoteReplacement(m.group()
                + (text.contains(copied(m.group())) ? "" : copied(m.group()))));
        AtomicFile.write(catalog, more.getBytes(StandardCharsets.UTF_8));
    }

    private String copied(String text) {
        return text.replace(model, version).replace(inClassName(model), inClassName(version));
    }

    /** 4.12.0-rc.1 as in the name of a class: 4120Rc1. */
    private static String inClassName(String version) {
        return Stream.of(version.split("\\W|_")).filter(w -> !w.isEmpty())
                .map(w -> w.substring(0, 1).toUpperCase() + w.substring(1)).collect(Collectors.joining());
    }
}

package common.cli;

//SOURCES Cli.java

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Where a script's own files are. JBang compiles a script into its cache and does not tell it where it came from: our
 * launcher does, in JBANG_SCRIPT_FILE; under a stock JBang the current folder and those above it must do.
 */
public final class ScriptFolder {
    private ScriptFolder() {
    }

    /**
     * A file of the repository that belongs to the running script.
     *
     * @param path in the repository, e.g. {@code container-images/images-4.10.3/initial-images-4.10.3.txt}
     */
    public static Path beside(Path path) {
        String script = System.getenv("JBANG_SCRIPT_FILE");
        List<Path> starts = script == null ? List.of(Path.of("")) : List.of(Path.of(script).resolveSibling(""), Path.of(""));
        for (Path start : starts) {
            for (Path above = start.toAbsolutePath(); above != null; above = above.getParent()) {
                for (int skip = 0; skip < path.getNameCount(); skip++) {
                    Path file = above.resolve(path.subpath(skip, path.getNameCount()));
                    if (Files.exists(file)) {
                        return file;
                    }
                }
            }
        }
        throw new Cli.Failure(Cli.USAGE, "cannot tell where " + path + " is; run from the repository or through its "
                + "./jbang, or give --list and --folder where it has them");
    }
}

package common.cli;

import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** {@code --progress}: how a long command says on stderr how far it is (picocli mixin). */
public final class ProgressOption {
    /** {@code AUTO}: a bar on a terminal, else {@code LINE}; {@code NONE}: not at all. */
    public enum Style { AUTO, LINE, JSON, NONE }

    private static volatile Style style = Style.AUTO;

    @Option(names = "--progress", paramLabel = "auto|line|json|none", defaultValue = "auto", scope = ScopeType.INHERIT,
            description = "How far it is, on stderr: a line every 30 s; json: a document a line, fields as restic's; "
                    + "auto: a bar on a terminal, else line (default: ${DEFAULT-VALUE}).")
    void set(Style given) {
        style = given;
    }

    /** Of the process, like {@link Cli#verbose()}: one script runs in it. */
    public static Style style() {
        return style;
    }
}

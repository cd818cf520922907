//SOURCES ../common/cli/Proc.java

import java.io.IOException;
import java.util.Set;

import common.cli.Proc;

/**
 * Something that is measured.
 *
 * @param shown how a person would type it
 * @param accepted exit codes that count as success
 */
record Contender(String name, String shown, Set<Integer> accepted, Program program) {
    /** Prepares a run, an empty target say, and gives what to run. */
    interface Program {
        Proc ready() throws IOException;
    }
}

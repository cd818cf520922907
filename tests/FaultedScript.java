//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/FileTree.java
//SOURCES FaultyDisk.java
//SOURCES Injections.java
//SOURCES ScriptRun.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import common.cli.Cli;
import common.cli.FileTree;

/** A script, where it works, and what must hold whatever happened to it. */
abstract class FaultedScript implements AutoCloseable {
    private final Class<? extends Cli.Command> script;
    private int roots;

    FaultedScript(Class<? extends Cli.Command> script) {
        this.script = script;
    }

    /** Fills an empty folder with what the script finds there before it runs. */
    void prepare(Path root) throws IOException {
    }

    abstract Object[] args(Path root);

    /** Nothing that counts as whole is wrong; asked after a run that did not end well. */
    abstract void assertNothingWrong(Path root, FaultyDisk disk) throws IOException;

    /** What a run without a fault leaves, no more and no less; asked after a run that ended well. */
    abstract void assertWhole(Path root, FaultyDisk disk) throws IOException;

    /** Where nothing is yet. */
    final Path fresh(Path folder) throws IOException {
        Path root = Files.createDirectory(folder.resolve(String.valueOf(roots++)));
        prepare(root);
        return root;
    }

    final ScriptRun run(Path root, FaultyDisk disk) throws IOException {
        return disk.run(script, args(root));
    }

    /**
     * Runs the script with each fault in turn until {@code most} of them have happened; after each it must have said so
     * in its way, nothing wrong may count as whole, and the same command must go on to the end.
     */
    final void survives(List<FaultyDisk.Injection> faults, int most, FaultyDisk disk) throws IOException {
        int happened = 0;
        for (FaultyDisk.Injection fault : faults) {
            if (happened == most) {
                return;
            }
            Path root = fresh(disk.folder);
            ScriptRun run = disk.run(fault, script, args(root));
            if (disk.failed()) {
                happened++;
                Injections.add();
                try {
                    assertSurvived(fault, run, root, disk);
                } catch (AssertionError e) {
                    throw new AssertionError(fault + ", after " + run + "\n" + e.getMessage() + "\n" + Injections.line(), e);
                }
            }
            FileTree.delete(root);
        }
        assertEquals(most, happened, "too few calls to fail");
    }

    private void assertSurvived(FaultyDisk.Injection fault, ScriptRun run, Path root, FaultyDisk disk) throws IOException {
        if (run.exit() == Cli.DONE) { // what failed was nothing that its work needs
            assertWhole(root, disk);
        } else if (fault.how().compareTo(FaultyDisk.How.KILL) < 0) {
            assertSaysWhy(run);
        }
        assertNothingWrong(root, disk);
        ScriptRun again = run(root, disk);
        assertEquals(Cli.DONE, again.exit(), () -> "the same command again: " + again);
        assertWhole(root, disk);
    }

    private static void assertSaysWhy(ScriptRun run) {
        assertTrue(run.exit() == Cli.FAILED || run.exit() == Cli.PARTIAL, "exit code " + run.exit());
        assertTrue(run.err().lines().anyMatch(l -> l.matches("(error|failed|wrong): .*(No space left|Input/output error"
                + "|Disk quota exceeded).*")), "no reason");
        assertTrue(run.err().lines().noneMatch(l -> l.matches("\\s+at .*|.*Exception.*")), "a stack trace");
    }

    @Override
    public void close() throws IOException {
    }
}

//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/FileTree.java
//SOURCES ../container-images/verify.java
//SOURCES FaultyDisk.java
//SOURCES Injections.java
//SOURCES ScriptRun.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

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

    /** Nothing that counts as whole is wrong, by a check that is not the product's; asked after each fault. */
    abstract void assertNothingWrong(Path root) throws IOException;

    /** What a run without a fault leaves is there, no more and no less, by a check that is not the product's. */
    abstract void assertWhole(Path root) throws IOException;

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
            assertWhole(root);
        } else if (!fault.isEnd()) {
            assertSaysWhy(fault, run, root);
        }
        assertNothingWrong(root);
        assertVerifyIsRight(root, disk);
        ScriptRun again = run(root, disk);
        assertEquals(Cli.DONE, again.exit(), () -> "the same command again: " + again);
        assertWhole(root);
        ScriptRun verify = disk.run(Verify.class, root);
        assertEquals(Cli.DONE, verify.exit(), () -> "what the same command left: " + verify);
    }

    /** What verify calls whole is; without an inventory it says itself that it cannot know. */
    private void assertVerifyIsRight(Path root, FaultyDisk disk) throws IOException {
        ScriptRun verify = disk.run(Verify.class, root);
        if (verify.exit() == Cli.DONE && Files.exists(root.resolve("inventory.json"))) {
            assertWhole(root);
        } else {
            assertTrue(verify.exit() == Cli.FAILED || verify.out().contains("not checked: inventory.json: missing"),
                    verify::toString);
        }
    }

    /** What is the matter, and with which file. */
    private static void assertSaysWhy(FaultyDisk.Injection fault, ScriptRun run, Path root) {
        assertTrue(run.exit() == Cli.FAILED || run.exit() == Cli.PARTIAL, "exit code " + run.exit());
        String where = fault.calls().contains(FaultyDisk.Call.READ) ? "" : Pattern.quote(root.toString());
        Pattern reason = Pattern.compile("(?m)^(error|failed|wrong): .*" + where
                + ".*(No space left on device|Input/output error|Disk quota exceeded)");
        assertTrue(reason.matcher(run.err()).find(), "no reason, or it does not say where");
        assertTrue(run.err().lines().noneMatch(l -> l.matches("\\s+at .*|.*Exception.*")), "a stack trace");
    }

    @Override
    public void close() throws IOException {
    }
}

//SOURCES TestTimes.java

import java.io.PrintStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestTag;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/** One line per test as it ends, why it failed, and the counts as the last line. */
final class TestReport implements TestExecutionListener {
    private static final int FRAMES = 8;
    private static final Pattern TIMES = Pattern.compile("[a-z ]+ [\\d.]+ of \\d+ minutes.*|longest: .*|\\d+ passed, .*");
    private static final Pattern COUNTS = Pattern.compile("(?m)^(\\d+) passed, (\\d+) failed, (\\d+) skipped$");

    private final PrintStream out;
    private TestPlan plan;
    private final TestTimes times = new TestTimes();
    private long started;
    private long classStarted;
    private int passed;
    private int failed;
    private int skipped;

    /** {@code out} is kept: tests replace {@code System.out} to see what a script prints. */
    TestReport(PrintStream out) {
        this.out = out;
    }

    @Override
    public void testPlanExecutionStarted(TestPlan plan) {
        this.plan = plan;
    }

    @Override
    public void executionStarted(TestIdentifier test) {
        if (test.isTest()) {
            started = System.nanoTime();
        } else if (isClass(test)) {
            classStarted = System.nanoTime();
        }
    }

    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
        int tests = test.isTest() ? 1 : (int) plan.getDescendants(test).stream().filter(TestIdentifier::isTest).count();
        skipped += tests;
        out.println("skipped " + name(test) + ": " + reason);
    }

    /** A class counts only when it failed as a whole, as in a {@code @BeforeAll}: its tests are not reported then. */
    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        if (isClass(test)) {
            Set<String> tags = test.getTags().stream().map(TestTag::getName).collect(Collectors.toSet());
            times.add(test.getLegacyReportingName(), tags, Duration.ofNanos(System.nanoTime() - classStarted));
        }
        long millis = (System.nanoTime() - started) / 1_000_000;
        String line = name(test) + (test.isTest() ? " " + millis + " ms" : "");
        switch (result.getStatus()) {
            case SUCCESSFUL -> {
                if (test.isTest()) {
                    passed++;
                    out.println("passed  " + line);
                }
            }
            case ABORTED -> {
                skipped++;
                out.println("skipped " + line + result.getThrowable().map(t -> ": " + t.getMessage()).orElse(""));
            }
            case FAILED -> {
                failed++;
                out.println("FAILED  " + line);
                result.getThrowable().ifPresent(this::explain);
            }
            default -> throw new AssertionError(result);
        }
    }

    /** Takes over what a run of one class, with the tag vm, on a JVM of its own has printed. */
    void ranElsewhere(String name, String printed, String err, Duration took) {
        System.err.print(err);
        printed.lines().filter(l -> !TIMES.matcher(l).matches()).forEach(out::println);
        times.add(name, Set.of("vm"), took);
        Matcher counts = COUNTS.matcher(printed);
        if (counts.find()) {
            passed += Integer.parseInt(counts.group(1));
            failed += Integer.parseInt(counts.group(2));
            skipped += Integer.parseInt(counts.group(3));
        } else {
            failed++;
            out.println("FAILED  " + name + ": its run ended without a result; see what it wrote to stderr");
        }
    }

    private boolean isClass(TestIdentifier test) {
        return test.getSource().orElse(null) instanceof ClassSource && plan.getParent(test)
                .filter(p -> !p.getSource().isPresent()).isPresent();
    }

    /** Prints the times and the counts; whether all is well: none failed and at least one ran. */
    boolean end() {
        times.lines().forEach(out::println);
        out.println(passed + " passed, " + failed + " failed, " + skipped + " skipped");
        return failed == 0 && passed > 0;
    }

    /** The class, what a test with many cases is called as a whole if it has a name, and the test's own name. */
    private String name(TestIdentifier test) {
        String owner = test.getSource().map(s -> s instanceof MethodSource m ? m.getClassName()
                : s instanceof ClassSource c ? c.getClassName() : "").orElse("");
        String group = plan.getParent(test).filter(p -> p.getSource().orElse(null) instanceof MethodSource)
                .map(TestIdentifier::getDisplayName).filter(n -> !n.endsWith(")")).map(n -> n.replaceFirst(":$", "") + ": ").orElse("");
        return owner + ": " + group + test.getDisplayName();
    }

    private void explain(Throwable thrown) {
        for (Throwable t = thrown; t != null; t = t.getCause()) {
            String frames = Arrays.stream(t.getStackTrace()).filter(f -> !f.getClassName().startsWith("org.junit."))
                    .limit(FRAMES).map(f -> "        at " + f + "\n").collect(Collectors.joining());
            out.print("    " + t + "\n" + frames);
        }
    }
}

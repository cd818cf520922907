package common.cli;

//DEPS info.picocli:picocli:4.7.7

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/**
 * How every script starts and ends: picocli parses, an error is one line on stderr, the exit code says what kind it
 * was, Ctrl-C unwinds the script so that its {@code finally} blocks clean up.
 */
public final class Cli {
    public static final int DONE = 0;
    public static final int FAILED = 1;
    public static final int USAGE = 2;
    public static final int PARTIAL = 3;
    public static final int MISSING = 4;
    public static final int INTERRUPTED = 130;

    private static final AtomicBoolean running = new AtomicBoolean();
    private static volatile boolean verbose;

    private Cli() {
    }

    /** An error an operator can act on. The message is one line: what, where, what next. */
    public static class Failure extends RuntimeException {
        public final int exitCode;

        public Failure(int exitCode, String message, Throwable cause) {
            super(message, cause);
            this.exitCode = exitCode;
        }

        public Failure(int exitCode, String message) {
            this(exitCode, message, null);
        }

        public Failure(String message) {
            this(FAILED, message, null);
        }
    }

    /** A mixin of a script that tells a program how the script failed. */
    public interface FailureReport {
        /** {@code error}: one line, as it is on stderr; {@code exitCode}: what the process ends with. */
        void failed(String error, int exitCode);
    }

    /**
     * What all scripts have in common, the meaning of their exit codes included; a script's class extends it and
     * implements {@code call()}.
     */
    @CommandLine.Command(mixinStandardHelpOptions = true, version = "1.0.0", sortOptions = false, usageHelpAutoWidth = true,
            exitCodeListHeading = "%nExit codes:%n",
            exitCodeList = {DONE + ":done", FAILED + ":failed; also a device that is busy or foreign",
                USAGE + ":wrong usage",
                PARTIAL + ":some images or files failed, the rest is safe; the same command again goes on",
                MISSING + ":a program, a privilege or a device is missing; the message names the package",
                INTERRUPTED + ":interrupted; the same command again goes on"})
    public abstract static class Command implements Callable<Integer> {
        @Option(names = "--verbose", scope = CommandLine.ScopeType.INHERIT,
                description = "Print every program that is run, and stack traces.")
        void setVerbose(boolean on) {
            verbose = on;
        }
    }

    /** A script that serves until Ctrl-C or SIGTERM, which for it are the regular end: exit code 0. */
    public abstract static class Service extends Command {
    }

    /**
     * Runs one script and returns its exit code; {@code main} is only {@code System.exit(Cli.run(new X(), args))}. A
     * script that another one runs in the same JVM leaves Ctrl-C to it: the process must not end before the outer one
     * has cleaned up.
     */
    public static int run(Callable<Integer> script, String... args) {
        AtomicBoolean interrupted = new AtomicBoolean();
        if (!running.compareAndSet(false, true)) {
            return execute(script, interrupted, args);
        }
        Thread main = Thread.currentThread();
        CountDownLatch ended = new CountDownLatch(1);
        Thread onSignal = new Thread(() -> unwind(main, script instanceof Service, interrupted, ended));
        Runtime.getRuntime().addShutdownHook(onSignal);
        try {
            int exit = execute(script, interrupted, args);
            return interrupted.get() ? INTERRUPTED : exit;
        } finally {
            ended.countDown();
            running.set(false);
            if (!interrupted.get()) {
                Runtime.getRuntime().removeShutdownHook(onSignal);
            }
        }
    }

    /** Digits and letters are the same for everybody; names of files are the one thing that the locale decides. */
    private static void useNoLocale(String... args) {
        Locale.setDefault(Locale.ROOT);
        boolean asciiOnly = System.getProperty("sun.jnu.encoding", "").equals("ANSI_X3.4-1968");
        if (asciiOnly && Stream.of(args).anyMatch(a -> a.matches("(?s).*[?\ufffd].*"))) {
            warn("without a locale names are ASCII only, and an argument has others; run it as ./jbang does: "
                    + "LC_ALL=C.UTF-8 jbang ...");
        }
    }

    private static int execute(Callable<Integer> script, AtomicBoolean interrupted, String... args) {
        useNoLocale(args);
        boolean outer = verbose;
        try {
            return new CommandLine(script)
                    .setParameterExceptionHandler((e, a) -> report(e.getMessage() + " (see --help)", USAGE,
                            e.getCommandLine(), args))
                    .setExecutionExceptionHandler((e, command, p) -> interrupted.get() ? INTERRUPTED
                            : report(e, command, args))
                    .setCaseInsensitiveEnumValuesAllowed(true)
                    .execute(args);
        } finally {
            verbose = outer;
        }
    }

    /** The JVM runs this on Ctrl-C and SIGTERM: the script's thread gets the time that its {@code finally} blocks need. */
    private static void unwind(Thread script, boolean service, AtomicBoolean interrupted, CountDownLatch ended) {
        interrupted.set(true);
        script.interrupt();
        try {
            ended.await(60, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (service) {
            Runtime.getRuntime().halt(DONE);
        }
        System.err.println("interrupted: nothing half-written counts as done; run the same command again to go on");
        Runtime.getRuntime().halt(INTERRUPTED);
    }

    public static boolean verbose() {
        return verbose;
    }

    /** How many of something, for people: "1 image", "2 images". */
    public static String count(long number, String what) {
        return number + " " + what + (number == 1 ? "" : "s");
    }

    /** Something the operator should know that does not stop the script. */
    public static void warn(String message) {
        System.err.println("warning: " + message);
    }

    /** Throws a {@link Failure} with exit code {@link #MISSING} for anyone but root; {@code why}: what needs it. */
    public static void requireRoot(String why) throws IOException {
        if (!isRoot()) {
            throw new Failure(MISSING, "not root: " + why + " needs it; run this with sudo");
        }
    }

    public static boolean isRoot() throws IOException {
        return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
    }

    private static int report(Exception e, CommandLine command, String... args) {
        if (verbose) {
            e.printStackTrace();
        }
        return report(describe(e), e instanceof Failure f ? f.exitCode : FAILED, command, args);
    }

    /** One line for a person; for a program, which asked for it with --json, also its document. */
    private static int report(String error, int exitCode, CommandLine command, String... args) {
        System.err.println("error: " + error);
        if (List.of(args).contains("--json")) { // the parser may not have come as far as that
            reports(command.getCommandSpec().root()).findFirst().ifPresent(r -> r.failed(error, exitCode));
        }
        return exitCode;
    }

    private static Stream<FailureReport> reports(CommandSpec spec) {
        return spec.mixins().values().stream().flatMap(mixin -> Stream.concat(
                mixin.userObject() instanceof FailureReport r ? Stream.of(r) : Stream.empty(), reports(mixin)));
    }

    /** One line for any exception; the JDK's file exceptions carry only a path and get their words here. */
    public static String describe(Throwable e) {
        if (e instanceof UncheckedIOException && e.getCause() != null) {
            return describe(e.getCause());
        }
        String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
        if (e instanceof NoSuchFileException) {
            return "no such file or folder: " + message;
        }
        if (e instanceof AccessDeniedException) {
            return "permission denied: " + message + " (run as root?)";
        }
        if (e instanceof CharacterCodingException) {
            return "a file that should be text is not UTF-8";
        }
        if (e instanceof IOException && message.contains("No space left on device")) {
            return "disk full: " + message + "; free some space and run the same command again";
        }
        boolean worded = e instanceof FileSystemException || e.getClass() == IOException.class
                || e.getClass().getName().startsWith("common."); // written for a person, not by some library
        return worded ? message
                : e.getClass().getSimpleName() + ": " + message;
    }
}

package common.cli;

//SOURCES Cli.java
//SOURCES Packages.java

import java.io.File;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Runs another program: an argv list, never a shell string; a timeout; killed with its children when the script is
 * interrupted. {@code --verbose} shows each argv on stderr as a line that begins with {@code +}. Secrets do not belong
 * into an argv (every user of the host can read it): give them on stdin or in the environment.
 */
public final class Proc {
    private static final File NULL = new File("/dev/null");

    private final List<String> argv;
    private final Map<String, String> env = new LinkedHashMap<>();
    private Path folder;
    private Duration timeout = Duration.ofHours(6);
    private byte[] stdin = new byte[0];
    private Path stdinFile;

    private Proc(List<String> argv) {
        this.argv = argv;
    }

    /** How the program ended and what it wrote. */
    public record Result(int exit, String out, String err) {
        public boolean ok() {
            return exit == 0;
        }

        /** The last line of stderr that is not blank: where most programs put their reason. */
        public String reason() {
            List<String> lines = err.lines().filter(l -> !l.isBlank()).toList();
            return lines.isEmpty() ? "exit code " + exit : lines.get(lines.size() - 1).strip();
        }
    }

    public static Proc of(String... argv) {
        return new Proc(List.of(argv));
    }

    public static Proc of(List<String> argv) {
        return new Proc(List.copyOf(argv));
    }

    public Proc env(String name, String value) {
        env.put(name, value);
        return this;
    }

    public Proc in(Path folder) {
        this.folder = folder;
        return this;
    }

    public Proc timeout(Duration timeout) {
        this.timeout = timeout;
        return this;
    }

    public Proc stdin(String text) {
        stdin = text.getBytes(StandardCharsets.UTF_8);
        return this;
    }

    /** The file's bytes are its stdin. */
    public Proc stdin(Path file) {
        stdinFile = file;
        return this;
    }

    /** The same program, its argv after the one given: that of a shell or of env, say, which runs it. */
    public Proc within(String... outer) {
        Proc around = new Proc(Stream.concat(Stream.of(outer), argv.stream()).toList());
        around.env.putAll(env);
        around.folder = folder;
        around.timeout = timeout;
        around.stdin = stdin;
        around.stdinFile = stdinFile;
        return around;
    }

    /** Where the program is: PATH, then the sbin folders that an unprivileged PATH lacks; an absolute path is itself. */
    public static Optional<Path> find(String program) {
        return Stream.concat(Stream.of(System.getenv().getOrDefault("PATH", "").split(":")),
                        Stream.of("/usr/sbin", "/sbin", "/usr/local/sbin"))
                .filter(f -> !f.isEmpty()).map(f -> Path.of(f).resolve(program)).filter(Files::isExecutable).findFirst();
    }

    /** Throws a {@link Cli.Failure} with exit code 4 that names the missing programs and how to get them. */
    public static void need(String... programs) {
        List<String> missing = Stream.of(programs).filter(p -> find(p).isEmpty()).toList();
        if (!missing.isEmpty()) {
            throw new Cli.Failure(Cli.MISSING, "not installed: " + String.join(", ", missing) + "; as root: "
                    + Packages.installCommand(Packages.having(missing)));
        }
    }

    /** Runs to the end, whatever the exit code. */
    public Result run() {
        return run(new ProcessBuilder());
    }

    /** As {@link #run}, its stderr on our own while it runs: for what takes long and says how far it is. */
    public Result watch() {
        return run(new ProcessBuilder().redirectError(ProcessBuilder.Redirect.INHERIT));
    }

    private Result run(ProcessBuilder builder) {
        Process process = start(stdinFile == null ? builder : builder.redirectInput(stdinFile.toFile()));
        try {
            CompletableFuture<String> out = read(process.getInputStream());
            CompletableFuture<String> err = read(process.getErrorStream());
            if (stdinFile == null) {
                write(process.getOutputStream());
            }
            int exit = await(process); // then the JDK closes our ends of the pipes, also where a grandchild has the others
            return new Result(exit, out.join(), err.join());
        } finally {
            kill(process);
        }
    }

    /** Runs to the end and returns stdout; an exit code other than 0 is a {@link Cli.Failure} with the program's reason. */
    public String check() {
        Result result = run();
        if (!result.ok()) {
            throw new Cli.Failure(shown() + ": " + result.reason());
        }
        return result.out();
    }

    /** Runs to the end with its output on our own stdout and stderr; the exit code. */
    public int show() {
        Process process = start(new ProcessBuilder().inheritIO());
        try {
            return await(process);
        } finally {
            kill(process);
        }
    }

    /**
     * Starts a program whose stdout is read while it runs; closing the stream ends it. Where its output ends, an exit code
     * other than 0 is an {@link IOException} with the program's reason.
     */
    public InputStream stream() {
        Process process = start(new ProcessBuilder().redirectInput(stdinFile == null ? NULL : stdinFile.toFile()));
        CompletableFuture<String> err = read(process.getErrorStream());
        return new FilterInputStream(process.getInputStream()) {
            @Override
            public int read() throws IOException {
                return checked(super.read());
            }

            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                return checked(super.read(bytes, offset, length));
            }

            private int checked(int read) throws IOException {
                int exit = read < 0 ? await(process) : 0;
                if (exit != 0) {
                    throw new IOException(new Result(exit, "", err.join()).reason());
                }
                return read;
            }

            @Override
            public void close() {
                kill(process);
            }
        };
    }

    /** Starts a program that stays, its output appended to a file; the caller ends it. */
    public Process background(Path log) {
        return start(new ProcessBuilder().redirectErrorStream(true).redirectInput(ProcessBuilder.Redirect.from(NULL))
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile())));
    }

    /** The argv as a person would type it. */
    public String shown() {
        return argv.stream().map(a -> a.matches("[\\w@%+=:,./-]+") ? a : "'" + a.replace("'", "'\\''") + "'")
                .collect(Collectors.joining(" "));
    }

    private Process start(ProcessBuilder builder) {
        List<String> command = new ArrayList<>(argv);
        command.set(0, find(argv.get(0)).map(Path::toString).orElse(argv.get(0)));
        builder.command(command).environment().put("LC_ALL", "C.UTF-8"); // what we read must not depend on who runs us
        builder.environment().putAll(env);
        if (folder != null) {
            builder.directory(folder.toFile());
        }
        if (Cli.verbose()) {
            System.err.println("+ " + shown());
        }
        try {
            return builder.start();
        } catch (IOException e) {
            need(argv.get(0));
            throw new Cli.Failure(Cli.FAILED, "cannot run " + shown() + ": " + e.getMessage(), e);
        }
    }

    private int await(Process process) {
        try {
            if (process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
                return process.exitValue();
            }
        } catch (InterruptedException e) { // the flag stays cleared: the finally blocks above may run programs to clean up
            throw new Cli.Failure(Cli.INTERRUPTED, "interrupted: " + shown(), e);
        }
        throw new Cli.Failure(shown() + ": no end after " + timeout.toSeconds() + " s");
    }

    /** Waits for the end: a script that is told to stop still cleans up after itself, and we clean up after it. */
    private static void kill(Process process) {
        process.descendants().forEach(ProcessHandle::destroy);
        process.destroy();
        try {
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** On a thread of its own: a program may not read, or not all of it, and tell why on its way out. */
    private void write(OutputStream to) {
        Thread writer = new Thread(() -> {
            try (to) {
                to.write(stdin);
            } catch (IOException e) {
                // it ended without reading all; its exit code and stderr say what is the matter
            }
        }, "stdin of " + argv.get(0));
        writer.setDaemon(true);
        writer.start();
    }

    private static CompletableFuture<String> read(InputStream in) {
        return CompletableFuture.supplyAsync(() -> {
            try (in) {
                return new String(in.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                return ""; // the program was killed
            }
        }, r -> new Thread(r).start());
    }
}

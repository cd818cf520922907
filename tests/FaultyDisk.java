//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES Repository.java
//SOURCES ScriptRun.java
//SOURCES Scripts.java
//SOURCES WarmScripts.java

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

import common.cli.Cli;
import common.cli.Proc;

/**
 * A folder whose file system fails as it is told to, in scripts that this class runs: a library that is preloaded into
 * their JVM, and into the programs that they start, stands between them and the C library ({@code faulty-disk.c}).
 */
final class FaultyDisk implements AutoCloseable {
    /** The order of {@code enum kind} in the library. */
    enum Call {
        WRITE, FSYNC, RENAME, MKDIR, CREATE, SYMLINK, READ;

        static final Set<Call> CHANGES = EnumSet.complementOf(EnumSet.of(READ));
    }

    /** The order of {@code enum mode} in the library. A power cut takes with it what was written and not synced. */
    enum How { ONCE, FROM_THEN_ON, KILL, POWER_CUT }

    enum Errno {
        ENOSPC(28), EIO(5), EDQUOT(122);

        private final int number;

        Errno(int number) {
            this.number = number;
        }
    }

    /** The n-th, from 1 on, of these calls below the folder fails, or ends the program. */
    record Injection(How how, Set<Call> calls, int nth, Errno errno) {
        /** Whether the program ends in the call. */
        boolean isEnd() {
            return how == How.KILL || how == How.POWER_CUT;
        }
    }

    // struct control in the library, in ints
    private static final int CALLS = 0;
    private static final int LEFT = 1;
    private static final int ERRNO = 2;
    private static final int MODE = 3;
    private static final int FIRED = 4;
    private static final int SEEN = 5;
    private static final int INTS = SEEN + Call.values().length;

    /** Faults happen below this. */
    final Path folder;
    private final Path control;
    private final Path library;
    private final IntBuffer shared;
    private final WarmScripts scripts;

    /** {@code temp}: an empty folder. */
    FaultyDisk(Path temp) throws IOException {
        folder = Files.createDirectory(temp.toRealPath().resolve("faulty"));
        control = Files.write(temp.resolve("control"), new byte[INTS * Integer.BYTES]);
        library = temp.resolve("faulty-disk.so");
        Proc.of("gcc", "-shared", "-fPIC", "-nostdlib", "-ffreestanding", "-O1", "-o", library.toString(),
                Repository.ROOT.resolve("tests/faulty-disk.c").toString()).check();
        try (FileChannel channel = FileChannel.open(control, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            shared = channel.map(FileChannel.MapMode.READ_WRITE, 0, INTS * Integer.BYTES)
                    .order(ByteOrder.nativeOrder()).asIntBuffer();
        }
        scripts = new WarmScripts(environment());
    }

    private Map<String, String> environment() {
        return Map.of("LD_PRELOAD", library.toString(), "FAULT_ROOT", folder.toString(), "FAULT_CONTROL",
                control.toString());
    }

    /** Runs a script without a fault. */
    ScriptRun run(Class<? extends Cli.Command> script, Object... args) throws IOException {
        return scripts.run(script, args);
    }

    /** Runs a script on a JVM that the fault may end; its exit code is then 137, as a shell has it. */
    ScriptRun run(Injection injection, Class<? extends Cli.Command> script, Object... args) throws IOException {
        arm(injection);
        try {
            if (!injection.isEnd()) {
                return scripts.run(script, args);
            }
            Proc program = Scripts.program(script, args).timeout(Duration.ofMinutes(2));
            environment().forEach(program::env);
            Proc.Result result = program.run();
            return new ScriptRun(result.exit(), result.out(), result.err());
        } finally {
            shared.put(CALLS, 0);
        }
    }

    /** Whether the last injection happened: a script may do with fewer calls than the run that was counted. */
    boolean failed() {
        return shared.get(FIRED) > 0;
    }

    private void arm(Injection injection) {
        shared.put(FIRED, 0);
        shared.put(LEFT, injection.nth);
        shared.put(ERRNO, injection.errno.number);
        shared.put(MODE, injection.how.ordinal());
        shared.put(CALLS, injection.calls.stream().mapToInt(c -> 1 << c.ordinal()).sum());
    }

    /** The calls below the folder since the last time that this was asked. */
    Map<Call, Integer> counted() {
        Map<Call, Integer> seen = new EnumMap<>(Call.class);
        for (Call call : Call.values()) {
            seen.put(call, shared.get(SEEN + call.ordinal()));
            shared.put(SEEN + call.ordinal(), 0);
        }
        return seen;
    }

    /** Every single call that fails once with each error, and as many disks that fail for good from some call on. */
    static List<Injection> failures(Map<Call, Integer> counted, Random random) {
        List<Injection> all = new ArrayList<>();
        for (Call call : Call.values()) {
            for (int n = 1; n <= counted.get(call); n++) {
                for (Errno errno : call == Call.READ ? EnumSet.of(Errno.EIO) : EnumSet.allOf(Errno.class)) {
                    all.add(new Injection(How.ONCE, Set.of(call), n, errno));
                }
            }
        }
        for (int n = 1; n <= changes(counted); n++) {
            for (Errno errno : Errno.values()) {
                all.add(new Injection(How.FROM_THEN_ON, Call.CHANGES, n, errno));
            }
        }
        Collections.shuffle(all, random);
        return all;
    }

    /** An end of the program at any call that changes something, by kill -9 or with the power. */
    static List<Injection> ends(Map<Call, Integer> counted, Random random) {
        List<Injection> all = new ArrayList<>();
        for (int n = 1; n <= changes(counted); n++) {
            all.add(new Injection(How.KILL, Call.CHANGES, n, Errno.EIO));
            all.add(new Injection(How.POWER_CUT, Call.CHANGES, n, Errno.EIO));
        }
        Collections.shuffle(all, random);
        return all;
    }

    private static int changes(Map<Call, Integer> counted) {
        return Call.CHANGES.stream().mapToInt(counted::get).sum();
    }

    @Override
    public void close() throws IOException {
        scripts.close();
    }
}

package common.vm;

//SOURCES ../cli/Cli.java
//SOURCES ../cli/Proc.java

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

import common.cli.Cli;
import common.cli.Proc;

/**
 * One host by OpenSSH's client. The host's key is recorded at the first contact, in a known_hosts file of its own, and
 * a later one must be the same: nothing is looked up or written in the user's or the system's.
 *
 * @param key private key
 * @param knownHosts where the host's key is recorded, under {@code alias}, whatever the address
 */
public record Ssh(String user, String host, int port, Path key, Path knownHosts, String alias) {
    /** What the client's exit code is when it, not the command, failed (ssh(1)). */
    public static final int BROKEN = 255;
    private static final Duration PAUSE = Duration.ofSeconds(2);

    /** The argv that runs a command line there by the user's login shell. */
    public List<String> argv(String command) {
        List<String> argv = new ArrayList<>(List.of("ssh", "-T", "-i", key.toString(), "-p", "" + port));
        for (String option : List.of("BatchMode=yes", "StrictHostKeyChecking=accept-new", "GlobalKnownHostsFile=none",
                "UserKnownHostsFile=\"" + knownHosts + "\"", "HostKeyAlias=" + alias, "UpdateHostKeys=no",
                "LogLevel=ERROR", "ConnectTimeout=10", "ServerAliveInterval=15", "ServerAliveCountMax=8")) {
            argv.addAll(List.of("-o", option));
        }
        argv.addAll(List.of(user + "@" + host, command));
        return argv;
    }

    public Proc command(String command) {
        return Proc.of(argv(command));
    }

    /** Runs the command; an exit code other than 0 is a {@link Cli.Failure} with its reason. */
    public String check(String command) {
        Proc.Result result = command(command).run();
        if (!result.ok()) {
            throw new Cli.Failure(result.exit() == BROKEN ? "ssh " + address() + ": " + result.reason()
                    : alias + ": " + command + ": " + result.reason());
        }
        return result.out();
    }

    /**
     * Waits until a command can be run. Throws {@link Cli.Failure} when the host is not up after {@code limit}, at once
     * when it is not {@code alive} any more or has another key than at the first contact.
     */
    public void await(Duration limit, BooleanSupplier alive) {
        Instant end = Instant.now().plus(limit);
        for (;;) {
            Proc.Result result = attempt();
            if (result.ok()) {
                return;
            }
            if (result.err().contains("Host key verification failed")) {
                throw new Cli.Failure("ssh " + address() + " shows another host key than at the first contact: not "
                        + "this VM, or it was made anew; if you know why, remove " + knownHosts);
            }
            if (!alive.getAsBoolean()) {
                throw new Cli.Failure("the VM went off before ssh answered");
            }
            if (Instant.now().isAfter(end)) {
                throw new Cli.Failure("no ssh at " + address() + " after " + limit.toSeconds() + " s: "
                        + result.reason());
            }
            pause();
        }
    }

    public String address() {
        return user + "@" + host + (port == 22 ? "" : " port " + port);
    }

    private Proc.Result attempt() {
        try {
            return command("true").timeout(Duration.ofSeconds(60)).run();
        } catch (Cli.Failure e) {
            if (e.exitCode == Cli.FAILED) { // it took longer: an emulated guest that is still booting
                return new Proc.Result(BROKEN, "", e.getMessage());
            }
            throw e;
        }
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE.toMillis());
        } catch (InterruptedException e) {
            throw new Cli.Failure(Cli.INTERRUPTED, "interrupted while waiting for ssh", e);
        }
    }
}

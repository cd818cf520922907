package common.vm;

//SOURCES ../cli/Json.java
//SOURCES ../cli/AtomicFile.java
//SOURCES ../cli/Cli.java
//SOURCES ../oci/Digest.java
//SOURCES GuestStaging.java
//SOURCES Ignition.java
//SOURCES KcliPlan.java
//SOURCES RhcosImage.java
//SOURCES Ssh.java
//SOURCES VirtualMachine.java
//SOURCES VmFolder.java

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.AtomicFile;
import common.cli.Cli;
import common.cli.Json;
import common.oci.Digest;

/** The factory VM from its making to its end, whatever runs it. Every step finds what an earlier run left. */
public final class FactoryVm {
    private static final Duration SHUTDOWN = Duration.ofMinutes(10);

    private final VirtualMachine domain;
    private final VirtualMachine.Spec order;
    private final Path key;
    private final Map<String, Long> tenths = new LinkedHashMap<>();
    private boolean touched;

    /** One step of the runbook. */
    public interface Step<T> {
        T run() throws IOException;
    }

    /** A step without a result. */
    public interface Action {
        void run() throws IOException;
    }

    public FactoryVm(VirtualMachine domain, VirtualMachine.Spec order, Path key) {
        this.domain = domain;
        this.order = order;
        this.key = key;
    }

    /** Runs a step, and counts its time under that name. */
    public <T> T step(String name, Step<T> step) throws IOException {
        long begun = System.nanoTime();
        try {
            return step.run();
        } finally {
            tenths.merge(name, Math.round((System.nanoTime() - begun) / 1e8), Long::sum);
        }
    }

    public void step(String name, Action action) throws IOException {
        step(name, () -> {
            action.run();
            return null;
        });
    }

    public String name() {
        return order.plan().name();
    }

    public VmFolder folder() {
        return order.folder();
    }

    /** What the steps took so far, to a tenth. */
    public Map<String, Double> seconds() {
        Map<String, Double> seconds = new LinkedHashMap<>();
        tenths.forEach((step, n) -> seconds.put(step, n / 10.0));
        return seconds;
    }

    /**
     * Makes sure that what is there under this name was made by us, from this plan. {@code force}: what we made is
     * removed first. Throws {@link Cli.Failure} for a VM that is another's, or of another plan.
     *
     * @param backend its name and what else tells how to find the VM again
     */
    public void claim(ObjectNode backend, boolean force) throws IOException {
        Optional<ObjectNode> ours = order.folder().document();
        if (ours.isPresent() && force) {
            domain.delete();
        }
        ObjectNode now = backend.put("name", order.plan().name()).put("plan", fingerprint(order.plan()))
                .put("created", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        if (ours.isPresent() && !force) {
            if (!ours.get().path("plan").equals(now.path("plan"))) {
                throw new Cli.Failure("VM " + order.plan().name() + " was made from another profile or image; --force "
                        + "makes it anew, --name another one");
            }
            return;
        }
        if (domain.state() != VirtualMachine.State.ABSENT) {
            throw new Cli.Failure("there is a VM or disk of the name " + order.plan().name() + " that create-vm did "
                    + "not make on this host; it is left alone: choose another --name, or remove it by yourself");
        }
        order.folder().remember(now);
    }

    /** Everything that decides what the VM is; a sha256. */
    private static String fingerprint(KcliPlan plan) {
        String text = plan.image() + plan.cpus() + plan.memory() + plan.disks() + plan.nets() + plan.uefi()
                + plan.files() + plan.cmds() + plan.keys() + plan.pool();
        return Digest.of(text.getBytes(StandardCharsets.UTF_8)).hex();
    }

    /** Makes what is missing of the VM: key, Ignition config (accepted by ignition-validate where it is), disks. */
    public void make(RhcosImage image) throws IOException {
        touched = true;
        if (domain.state() == VirtualMachine.State.RUNNING) {
            return;
        }
        order.folder().makeKey(key);
        List<String> keys = List.of(Files.readString(VmFolder.publicKey(key)).strip());
        AtomicFile.writeSecret(order.config(), Json.pretty(Ignition.config(order.plan(), order.macs(), keys)));
        Ignition.validate(order.config());
        domain.create(image);
    }

    /** Starts the VM unless it runs, and waits for its ssh. */
    public Ssh boot(Duration limit) throws IOException {
        if (domain.state() != VirtualMachine.State.RUNNING) {
            domain.start();
        }
        VirtualMachine.Endpoint at = domain.ssh();
        Ssh ssh = new Ssh("core", at.host(), at.port(), key, order.folder().knownHosts(), order.plan().name());
        System.err.println("waiting for ssh " + ssh.address() + "; " + domain.console());
        try {
            ssh.await(limit, () -> domain.state() == VirtualMachine.State.RUNNING);
        } catch (Cli.Failure e) {
            if (e.exitCode != Cli.INTERRUPTED) {
                System.err.println("the last lines of its serial console:");
                domain.serial().forEach(l -> System.err.println("  | " + l));
            }
            throw e;
        }
        return ssh;
    }

    /** Tells the VM to go off and waits until it is. */
    public void shutDown(GuestStaging guest) {
        guest.powerOff();
        Instant end = Instant.now().plus(SHUTDOWN);
        while (domain.state() == VirtualMachine.State.RUNNING) {
            if (Instant.now().isAfter(end)) {
                throw new Cli.Failure("the VM does not go off; " + domain.console());
            }
            try {
                Thread.sleep(500);
            } catch (InterruptedException e) {
                throw new Cli.Failure(Cli.INTERRUPTED, "interrupted", e);
            }
        }
    }

    /** After a failure: what is left, and what can be done about it. */
    public void sayWhatIsLeft() {
        try {
            VirtualMachine.State state = touched ? domain.state() : VirtualMachine.State.ABSENT;
            if (state != VirtualMachine.State.ABSENT) {
                System.err.println("left: VM " + name() + (state == VirtualMachine.State.RUNNING ? ", running ("
                        + domain.console() + ")" : ", off") + ", disk " + domain.shipped()
                        + "; the same command goes on from there, the same with --delete removes it");
            }
        } catch (Cli.Failure e) { // the reason of the failure is what counts
            System.err.println("left: perhaps VM " + name() + "; " + e.getMessage());
        }
    }
}

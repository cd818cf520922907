package common.vm;

//SOURCES ../cli/Cli.java
//SOURCES Accelerator.java
//SOURCES KcliPlan.java
//SOURCES RhcosImage.java
//SOURCES VmFolder.java

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;

import common.cli.Cli;
import okhttp3.HttpUrl;

/** One VM on one backend. It has the plan's disks: the first is the system's, the second what is shipped. */
public interface VirtualMachine {
    enum State { ABSENT, OFF, RUNNING }

    /**
     * What is asked for.
     *
     * @param artifacts the web server as this host sees it
     */
    record Spec(KcliPlan plan, VmFolder folder, Accelerator accelerator, HttpUrl artifacts) {
        public Spec {
            if (plan.disks().size() < 2 || plan.nets().isEmpty()) {
                throw new Cli.Failure("the profile's VM " + plan.name() + " has " + plan.disks().size() + " disks and "
                        + plan.nets().size() + " networks; needed: a system disk, one to stage on, and a network");
            }
        }

        public Path config() {
            return folder.file("config.ign");
        }

        /** One for each network; made from the VM's name where the plan has none, so that it is the same each time. */
        public List<String> macs() {
            return plan.nets().stream().map(n -> {
                String seed = plan.name() + plan.nets().indexOf(n);
                UUID id = UUID.nameUUIDFromBytes(seed.getBytes(StandardCharsets.UTF_8));
                return n.mac() != null ? n.mac() : "52:54:00" + id.toString().substring(0, 6).replaceAll("..", ":$0");
            }).toList();
        }
    }

    State state();

    /** Throws {@link Cli.Failure} with exit code 4 when something that the VM needs is not on this host. */
    void checkHost();

    /** Makes disks and definition, those that are not there yet. {@code image}: what the system disk begins with. */
    void create(RhcosImage image) throws IOException;

    void start() throws IOException;

    /** Where the running VM is reached: host and port. */
    Endpoint ssh() throws IOException;

    record Endpoint(String host, int port) {
    }

    /** The web server's address for the guest. */
    HttpUrl seen();

    /** The file or volume with the shipped disk. */
    String shipped();

    /** The last lines of the serial console. */
    List<String> serial() throws IOException;

    /** What a person can do to look further into a VM that does not answer. */
    String console();

    /** Removes the VM, running or not, and the disks that were made for it; nothing else. */
    void delete() throws IOException;

    /** What {@link #create} and {@link #start} would run, as lines for a person. */
    List<String> preview(RhcosImage image) throws IOException;
}

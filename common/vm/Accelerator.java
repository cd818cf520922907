package common.vm;

//SOURCES ../cli/Cli.java
//SOURCES ../cli/Proc.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

import common.cli.Cli;
import common.cli.Proc;

/** What executes a VM's instructions: the processor (KVM), or QEMU in software (TCG), ten to thirty times slower. */
public enum Accelerator {
    KVM("host"),
    /** Nehalem: what RHEL 9 needs at least; newer models only cost time in software. */
    TCG("Nehalem");

    private static final String QEMU = "qemu-system-x86_64";
    private static final Path RED_HATS = Path.of("/usr/libexec/qemu-kvm"); // not on PATH there
    private static final Duration TRIAL = Duration.ofSeconds(30);
    /** A boot sector that tells QEMU's isa-debug-exit device 0: mov dx, 0xf4; mov al, 0; out dx, al; hlt. */
    private static final byte[] SECTOR = {(byte) 0xba, (byte) 0xf4, 0, (byte) 0xb0, 0, (byte) 0xee, (byte) 0xf4};
    private static final int SECTOR_RAN = 1; // QEMU ends with 2 * told + 1

    public final String cpu;

    Accelerator(String cpu) {
        this.cpu = cpu;
    }

    /**
     * QEMU's -accel value. Emulated processors take turns in one thread: with a thread each, Java in the guest crashed
     * in one of five runs (one processor executes code that another one is rewriting).
     */
    public String argument() {
        return this == KVM ? "kvm" : "tcg,thread=single,tb-size=256";
    }

    /** What an operator may ask for. */
    public enum Choice {
        AUTO, KVM, TCG;

        /** AUTO: KVM where a guest really runs on it on this host, else TCG, with a line that says so. */
        public Accelerator resolve() throws IOException {
            if (this == TCG) {
                return Accelerator.TCG;
            }
            boolean offered = isOffered(Path.of("/"));
            if (offered && runs(Accelerator.KVM)) {
                return Accelerator.KVM;
            }
            String why = offered ? "no guest runs on it" : "neither vmx nor svm, or no module kvm_intel or kvm_amd";
            if (this == KVM) {
                throw new Cli.Failure(Cli.MISSING, "no KVM on this host: " + why + "; --accel tcg does without");
            }
            System.err.println("no KVM (" + why + "): software emulation, ten times slower and more");
            return Accelerator.TCG;
        }
    }

    /** Whether processor and kernel say that they have it. /dev/kvm alone may open, and then a guest hangs. */
    static boolean isOffered(Path root) throws IOException {
        boolean module = Stream.of("kvm_intel", "kvm_amd")
                .anyMatch(m -> Files.isDirectory(root.resolve("sys/module/" + m)));
        Path cpuinfo = root.resolve("proc/cpuinfo");
        return module && Files.exists(cpuinfo) && Files.readString(cpuinfo).matches("(?s).*\\b(vmx|svm)\\b.*");
    }

    /** The proof: a guest of one sector boots and ends within the trial's time. */
    static boolean runs(Accelerator accelerator) throws IOException {
        Path disk = Files.createTempFile("boot-sector", ".img");
        try {
            byte[] sector = new byte[512];
            System.arraycopy(SECTOR, 0, sector, 0, SECTOR.length);
            sector[510] = 0x55;
            sector[511] = (byte) 0xaa;
            Files.write(disk, sector);
            return Proc.of(List.of(program(), "-machine", "pc", "-accel", accelerator.argument(),
                    "-nodefaults", "-display", "none", "-no-reboot", "-device", "isa-debug-exit,iobase=0xf4,iosize=0x04", "-drive",
                    "file=" + disk + ",format=raw,if=ide")).timeout(TRIAL).run().exit() == SECTOR_RAN;
        } catch (Cli.Failure e) {
            if (e.exitCode == Cli.FAILED) { // no end in time
                return false;
            }
            throw e;
        } finally {
            Files.delete(disk);
        }
    }

    /** QEMU as this host has it: a name on PATH, or a path. */
    static String program() {
        return Proc.find(QEMU).isEmpty() && Files.isExecutable(RED_HATS) ? RED_HATS.toString() : QEMU;
    }
}

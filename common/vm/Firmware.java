package common.vm;

//SOURCES ../cli/Cli.java
//SOURCES ../cli/Packages.java

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import common.cli.Cli;
import common.cli.Packages;

/** UEFI for a guest (OVMF), without secure boot: the code, and an empty variable store to copy for each VM. */
public record Firmware(Path code, Path variables) {
    /** Where Debian (4 MiB flash, then the older 2 MiB) and the RHEL family have it. */
    private static final List<Firmware> KNOWN = List.of(
            in("/usr/share/OVMF", "OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd"),
            in("/usr/share/OVMF", "OVMF_CODE.fd", "OVMF_VARS.fd"),
            in("/usr/share/edk2/ovmf", "OVMF_CODE.fd", "OVMF_VARS.fd"));

    private static Firmware in(String folder, String code, String variables) {
        return new Firmware(Path.of(folder, code), Path.of(folder, variables));
    }

    /** This host's; a {@link Cli.Failure} with exit code 4 names the package that has it. */
    public static Firmware installed() {
        return KNOWN.stream().filter(f -> Files.exists(f.code) && Files.exists(f.variables)).findFirst()
                .orElseThrow(() -> new Cli.Failure(Cli.MISSING, "the profile wants UEFI and there is no OVMF; as root: "
                        + Packages.installCommand(Packages.having(List.of("/usr/share/OVMF/OVMF_CODE_4M.fd")))));
    }
}

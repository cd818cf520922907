package common.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Which package of the distribution has a program, or a data file by its path: the one table of Debian/Ubuntu and
 * RHEL/Fedora names.
 */
public final class Packages {
    private record Names(String debian, String redHat) {
    }

    private static final Map<String, Names> OF = Map.ofEntries(
            Map.entry("skopeo", new Names("skopeo", "skopeo")),
            Map.entry("podman", new Names("podman", "podman")),
            Map.entry("runc", new Names("runc", "runc")),
            Map.entry("docker-registry", new Names("docker-registry", "docker-distribution")),
            Map.entry("nginx", new Names("nginx-light", "nginx")),
            Map.entry("htpasswd", new Names("apache2-utils", "httpd-tools")),
            Map.entry("setfattr", new Names("attr", "attr")),
            Map.entry("getcap", new Names("libcap2-bin", "libcap")),
            Map.entry("unshare", new Names("util-linux", "util-linux")),
            Map.entry("script", new Names("bsdutils", "util-linux")),
            Map.entry("setpriv", new Names("util-linux", "util-linux")),
            Map.entry("ps", new Names("procps", "procps-ng")),
            Map.entry("gpg", new Names("gnupg", "gnupg2")),
            Map.entry("openssl", new Names("openssl", "openssl")),
            Map.entry("mkfs.xfs", new Names("xfsprogs", "xfsprogs")),
            Map.entry("xfs_copy", new Names("xfsprogs", "xfsprogs")),
            Map.entry("mksquashfs", new Names("squashfs-tools", "squashfs-tools")),
            Map.entry("unsquashfs", new Names("squashfs-tools", "squashfs-tools")),
            Map.entry("readelf", new Names("binutils", "binutils")),
            Map.entry("mkfs.ext4", new Names("e2fsprogs", "e2fsprogs")),
            Map.entry("sfdisk", new Names("fdisk", "util-linux")),
            Map.entry("partx", new Names("util-linux", "util-linux")),
            Map.entry("losetup", new Names("mount", "util-linux")),
            Map.entry("mount", new Names("mount", "util-linux")),
            Map.entry("umount", new Names("mount", "util-linux")),
            Map.entry("lsblk", new Names("util-linux", "util-linux")),
            Map.entry("setsid", new Names("util-linux", "util-linux")),
            Map.entry("wipefs", new Names("util-linux", "util-linux")),
            Map.entry("blkid", new Names("util-linux", "util-linux")),
            Map.entry("ignition-validate", new Names("ignition", "ignition-validate")),
            Map.entry("systemd-analyze", new Names("systemd", "systemd")),
            Map.entry("systemd-escape", new Names("systemd", "systemd")),
            Map.entry("qemu-system-x86_64", new Names("qemu-system-x86", "qemu-kvm")),
            Map.entry("qemu-img", new Names("qemu-utils", "qemu-img")),
            Map.entry("ssh", new Names("openssh-client", "openssh-clients")),
            Map.entry("ssh-keygen", new Names("openssh-client", "openssh")),
            Map.entry("virsh", new Names("libvirt-clients", "libvirt-client")),
            Map.entry("libvirtd", new Names("libvirt-daemon-system", "libvirt")),
            Map.entry("virtlogd", new Names("libvirt-daemon-system", "libvirt-daemon-log")),
            Map.entry("curl", new Names("curl", "curl")),
            Map.entry("mke2fs", new Names("e2fsprogs", "e2fsprogs")),
            Map.entry("mkfs.vfat", new Names("dosfstools", "dosfstools")),
            Map.entry("mmd", new Names("mtools", "mtools")),
            Map.entry("mcopy", new Names("mtools", "mtools")),
            Map.entry("mformat", new Names("mtools", "mtools")),
            Map.entry("grub-mkrescue", new Names("grub-common", "grub2-tools-extra")),
            Map.entry("grub-mkimage", new Names("grub-common", "grub2-tools-minimal")),
            Map.entry("/usr/share/OVMF/OVMF_CODE_4M.fd", new Names("ovmf", "edk2-ovmf")),
            Map.entry("/usr/lib/grub/i386-pc/boot.img", new Names("grub-pc-bin", "grub2-pc-modules")),
            Map.entry("/usr/lib/grub/x86_64-efi/moddep.lst", new Names("grub-efi-amd64-bin", "grub2-efi-x64-modules")),
            Map.entry("mvn", new Names("maven", "maven")));

    private Packages() {
    }

    public enum Family { DEBIAN, RED_HAT, OTHER }

    /** The host's family, by its package manager. */
    public static Family family() {
        return Files.exists(Path.of("/usr/bin/apt-get")) ? Family.DEBIAN
                : Stream.of("/usr/bin/dnf", "/usr/bin/microdnf").anyMatch(p -> Files.exists(Path.of(p))) ? Family.RED_HAT
                : Family.OTHER;
    }

    /** The packages of this host's family that hold the programs, each once, in the order asked. */
    public static Set<String> having(Collection<String> programs) {
        Set<String> packages = new LinkedHashSet<>();
        for (String program : programs) {
            Names names = OF.getOrDefault(program, new Names(program, program));
            packages.add(family() == Family.RED_HAT ? names.redHat : names.debian);
        }
        return packages;
    }

    /** The one command that installs the packages, as a person would type it. */
    public static String installCommand(Collection<String> packages) {
        return (family() == Family.RED_HAT ? "dnf install -y " : "apt-get install -y --no-install-recommends ")
                + String.join(" ", packages);
    }
}

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A small VM for tests, as a kcli plan: addresses of the documentation, a disk of 2 GiB to stage on. */
final class VmProfile {
    static final String NAME = "factory.lab.example.com";

    private VmProfile() {
    }

    /** {@code network}: a libvirt network, or user; {@code more}: further keys of the VM, each line indented by two. */
    static Path write(Path folder, String network, String more) throws IOException {
        return Files.writeString(folder.resolve("plan.yaml"), """
                %s:
                  image: node.qcow2
                  numcpus: 2
                  memory: 2048
                  disks: [6, {size: 2, thin: true}]
                  nets:
                  - {name: %s, nic: ens3, ip: 192.0.2.10, mask: 255.255.255.0, gateway: 192.0.2.1, dns: 192.0.2.53,
                     mac: 52:54:00:00:02:10}
                %s""".formatted(NAME, network, more));
    }
}

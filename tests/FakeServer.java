import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The /sys and /proc of a server, as far as they tell who and what it is; 2 GiB of memory, a card of 10 Gbit/s. */
final class FakeServer {
    final Path root;

    FakeServer(Path root) throws IOException {
        this.root = root;
        dmi("product_serial", "SN0001").dmi("product_uuid", "4c4c4544-0044-4810-8031-b4c04f4b4e32")
                .dmi("sys_vendor", "Example Inc.").dmi("product_name", "Edge 1000");
        file("proc/sys/kernel/random/boot_id", "6f1e0c7a-3c5f-4a52-8e1f-1d2c3b4a5960");
        file("sys/devices/system/memory/block_size_bytes", "8000000");
        for (int i = 0; i < 16; i++) {
            Files.createDirectories(root.resolve("sys/devices/system/memory/memory" + i));
        }
        card("eno1", "52:54:00:00:00:01", "1", "10000").card("eno2", "52:54:00:00:00:02", "0", "-1");
        file("sys/class/net/lo/address", "00:00:00:00:00:00");
        efi(1);
    }

    FakeServer dmi(String name, String value) throws IOException {
        return file("sys/class/dmi/id/" + name, value);
    }

    FakeServer card(String name, String mac, String carrier, String speed) throws IOException {
        Files.createDirectories(root.resolve("sys/class/net/" + name + "/device"));
        return file("sys/class/net/" + name + "/address", mac).file("sys/class/net/" + name + "/carrier", carrier)
                .file("sys/class/net/" + name + "/speed", speed);
    }

    FakeServer efi(int secure) throws IOException {
        Path variables = Files.createDirectories(root.resolve("sys/firmware/efi/efivars"));
        Files.write(variables.resolve("SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"), new byte[] {6, 0, 0, 0, (byte) secure});
        return this;
    }

    FakeServer file(String path, String line) throws IOException {
        Files.createDirectories(root.resolve(path).getParent());
        Files.writeString(root.resolve(path), line + "\n");
        return this;
    }
}

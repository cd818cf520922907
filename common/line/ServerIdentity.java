package common.line;

//SOURCES ../cli/Json.java

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;

import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Json;

/**
 * Who a server is by its firmware (SMBIOS type 1 as the kernel shows it, Documentation/ABI/testing/sysfs-class-dmi-id)
 * and its network cards. What the firmware does not say is "".
 *
 * @param boot the kernel's id of this boot, another one after each
 * @param macs of cards, not of bridges, bonds and other devices that the kernel made
 */
public record ServerIdentity(String serial, String uuid, String vendor, String product, String boot, List<String> macs) {
    /** What boards say that nobody gave a serial number. */
    private static final Pattern PLACEHOLDER = Pattern.compile("(?i)to be filled.*|default string|(not|non)[- ]?(specified|available|"
            + "applicable|set)|none|n/?a|null|unknown|empty|invalid|(system|chassis|base ?board) serial( number)?|x+|0+|[.-]+"
            + "|0?123456789.*");

    /** {@code root}: of the file system with /sys and /proc. */
    public static ServerIdentity of(Path root) throws IOException {
        Path dmi = root.resolve("sys/class/dmi/id");
        TreeSet<String> macs = new TreeSet<>();
        Path cards = root.resolve("sys/class/net");
        if (Files.isDirectory(cards)) {
            try (DirectoryStream<Path> all = Files.newDirectoryStream(cards, c -> Files.exists(c.resolve("device")))) {
                all.forEach(card -> macs.add(text(card.resolve("address"))));
            }
        }
        macs.remove("");
        return new ServerIdentity(text(dmi.resolve("product_serial")), text(dmi.resolve("product_uuid")),
                text(dmi.resolve("sys_vendor")), text(dmi.resolve("product_name")),
                text(root.resolve("proc/sys/kernel/random/boot_id")), List.copyOf(macs));
    }

    /** A line; "" where it cannot be read: some files of sysfs fail to be when the hardware has nothing to say. */
    static String text(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).strip();
        } catch (IOException e) {
            return "";
        }
    }

    /** Whether somebody gave it this number. */
    public boolean hasSerial() {
        return !serial.isEmpty() && !PLACEHOLDER.matcher(serial).matches();
    }

    /** The words are Redfish's (ComputerSystem). */
    public ObjectNode json() {
        ObjectNode json = Json.object().put("serialNumber", serial).put("uuid", uuid).put("manufacturer", vendor)
                .put("model", product);
        macs.forEach(json.putArray("macAddresses")::add);
        return json;
    }

    /** For a person. */
    public String shown() {
        return "serial " + (serial.isEmpty() ? "unknown" : serial) + ", " + (vendor + " " + product).strip()
                + (macs.isEmpty() ? "" : ", " + String.join(" ", macs));
    }
}

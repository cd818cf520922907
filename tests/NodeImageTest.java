//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../lab/LabNode.java
//SOURCES ../lab/LiveIso.java
//SOURCES ../lab/NodeImage.java
//SOURCES Repository.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Random;

import common.cli.Cli;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("vm")
@DisplayName("The lab's stand-in node")
class NodeImageTest {
    private static final Duration BOOT = Duration.ofMinutes(5);
    private static NodeImage image;

    @TempDir
    Path temp;

    @BeforeAll
    static void image() throws IOException {
        image = NodeImage.of(Repository.ROOT);
    }

    @Test
    @DisplayName("boots from disk, configured through fw_cfg: a NetworkManager keyfile is read; podman, no Java")
    void installed() throws IOException {
        Path config = Files.writeString(temp.resolve("config.ign"), config("""
                $(nmcli -g ipv4.method connection show lab), $(id -nG core), $(podman --version), \
                $(command -v java || echo no java)"""));
        Path disk = LabNode.overlay(image.disk(), temp.resolve("disk.qcow2"));
        try (LabNode node = LabNode.boot(LabNode.Machine.installed("installed", temp, config, disk))) {
            node.await("REPORT manual, core adm sudo systemd-journal, podman version 4.3.1, no java$", BOOT);
        }
    }

    @Test
    @DisplayName("boots the live ISO in RAM, no disk and no network, with the configuration embedded in it")
    void live() throws IOException {
        Path iso = temp.resolve("discovery.iso");
        LiveIso.embed(image.iso(), config("$(findmnt -no FSTYPE /var) $(ls /sys/class/net)")
                .getBytes(StandardCharsets.UTF_8), iso);
        try (LabNode node = LabNode.boot(LabNode.Machine.live("live", temp, iso))) {
            node.await("REPORT tmpfs lo$", BOOT);
        }
    }

    @Test
    @DisplayName("powers off with Ignition's own reason on the console when the configuration is bad")
    void badConfiguration() throws IOException {
        Path config = Files.writeString(temp.resolve("config.ign"), "{\"ignition\": {\"version\": \"9.9.9\"}}");
        Path disk = LabNode.overlay(image.disk(), temp.resolve("disk.qcow2"));
        try (LabNode node = LabNode.boot(LabNode.Machine.installed("bad", temp, config, disk))) {
            Cli.Failure failure = assertThrows(Cli.Failure.class, () -> node.await("login:", BOOT));
            assertTrue(failure.getMessage().contains("bad.serial.log"), failure.getMessage());
            assertTrue(node.awaitOff(BOOT));
            assertTrue(node.serial().contains("Ignition failed: unsupported config version"), node.serial());
        }
    }

    @Test
    @DisplayName("is made once: the second time it is there at once")
    void cached() throws IOException {
        var made = Files.getLastModifiedTime(image.disk());
        assertEquals(image, NodeImage.of(Repository.ROOT));
        assertEquals(made, Files.getLastModifiedTime(image.disk()));
    }

    @Test
    @DisplayName("refuses a configuration that does not fit into the ISO")
    void tooBig() throws IOException {
        byte[] noise = new byte[300 << 10];
        new Random(1).nextBytes(noise);
        assertThrows(Cli.Failure.class, () -> LiveIso.embed(image.iso(), noise, temp.resolve("copy.iso")));
    }

    /** A unit that writes what the shell makes of the words to the console, and a keyfile. */
    private static String config(String words) {
        String keyfile = "[connection]\nid=lab\ntype=ethernet\n[ipv4]\nmethod=manual\naddress1=192.0.2.7/24\n";
        return """
                {"ignition": {"version": "3.1.0"},
                 "storage": {"files": [
                  {"path": "/etc/NetworkManager/system-connections/lab.nmconnection", "mode": 384,
                   "contents": {"source": "data:;base64,%s"}},
                  {"path": "/usr/local/bin/report", "mode": 493,
                   "contents": {"source": "data:;base64,%s"}}]},
                 "systemd": {"units": [{"name": "report.service", "enabled": true, "contents": "%s"}]}}
                """.formatted(base64(keyfile), base64("#!/bin/sh\necho \"REPORT " + words + "\"\n"),
                "[Unit]\\nAfter=NetworkManager.service\\n[Service]\\nType=oneshot\\nExecStart=/usr/local/bin/report\\n"
                + "StandardOutput=journal+console\\n[Install]\\nWantedBy=multi-user.target\\n");
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}

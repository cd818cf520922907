//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/vm/Ignition.java
//SOURCES ../common/vm/KcliPlan.java
//SOURCES ../common/vm/UserNetwork.java
//SOURCES ../create-vm.java
//SOURCES ../lab/WebServer.java
//SOURCES ScriptRun.java
//SOURCES ServedTree.java
//SOURCES VmProfile.java

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;

import javax.xml.parsers.DocumentBuilderFactory;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Json;
import common.cli.Proc;
import common.vm.Ignition;
import common.vm.KcliPlan;
import common.vm.UserNetwork;
import okhttp3.HttpUrl;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;

@DisplayName("create-vm")
class CreateVmTest {
    private static final String KEY = "ssh-ed25519 AAAA core";
    @TempDir
    static Path shared;
    private static WebServer nginx;

    @TempDir
    Path temp;

    @BeforeAll
    static void serve() throws IOException {
        Path root = Files.createDirectory(shared.resolve("container-images"));
        ServedTree.small(root);
        nginx = WebServer.start(shared.resolve("nginx"), root);
    }

    @AfterAll
    static void stop() {
        nginx.close();
    }

    private ScriptRun dryRun(String network, String backend, Object... more) throws IOException {
        Path profile = VmProfile.write(temp, network, "  uefi_legacy: true\n");
        List<Object> args = new ArrayList<>(List.of("--profile", profile, "--backend", backend, "--accel", "tcg",
                "--artifacts", "http://127.0.0.1:" + nginx.port(), "--size", "1GiB", "--state", temp.resolve("vms"),
                "--dry-run"));
        Stream.of(more).forEach(args::add);
        return ScriptRun.of(new CreateVm(), args.toArray());
    }

    @Test
    @DisplayName("--dry-run with qemu prints the disks and the whole command line, and makes nothing")
    void qemu() throws IOException {
        ScriptRun run = dryRun("user", "qemu");
        Path vm = temp.resolve("vms/" + VmProfile.NAME);
        String netdev = "user,id=net0,ipv6=off,net=192.0.2.0/24,host=192.0.2.1,dns=192.0.2.53,dhcpstart=192.0.2.10,"
                + "hostfwd=tcp:127.0.0.1:2222-192.0.2.10:22,restrict=on,guestfwd=tcp:192.0.2.254:" + nginx.port();
        assertEquals(Cli.DONE, run.exit(), run::toString);
        assertAll(Stream.of("qemu-img create -q -f qcow2 " + vm + "/target.qcow2 2G", " -smp 2 -m 2048 ",
                "name=opt/com.coreos/config,file=" + vm + "/config.ign", netdev, "if=pflash", ",mac=52:54:00:00:02:10",
                "-pidfile " + vm + "/qemu.pid -daemonize")
                .map(words -> () -> assertTrue(run.out().contains(words), words + "\n" + run.out())));
        assertFalse(Files.exists(temp.resolve("vms")));
    }

    @Test
    @DisplayName("--dry-run with libvirt prints the volumes and the definition, with the config in fw_cfg")
    void libvirt() throws Exception {
        ScriptRun run = dryRun("baremetal", "libvirt");
        assertEquals(Cli.DONE, run.exit(), run::toString);
        String xml = run.out().substring(run.out().indexOf("<domain"), run.out().indexOf("</domain>") + 9);
        Document domain = DocumentBuilderFactory.newInstance().newDocumentBuilder()
                .parse(new ByteArrayInputStream(xml.getBytes(StandardCharsets.UTF_8)));
        assertAll(() -> assertTrue(run.out().contains("vol-create-as default " + VmProfile.NAME + "-target.qcow2 2G")),
                () -> assertEquals("qemu efi", domain.getDocumentElement().getAttribute("type") + " "
                        + attribute(domain, "os", "firmware")),
                () -> assertEquals("fwcfg", attribute(domain, "sysinfo", "type")),
                () -> assertEquals("opt/com.coreos/config", attribute(domain, "entry", "name")),
                () -> assertEquals("network", attribute(domain, "interface", "type")),
                () -> assertEquals("52:54:00:00:02:10", attribute(domain, "mac", "address")));
    }

    private static String attribute(Document document, String element, String name) {
        return document.getElementsByTagName(element).item(0).getAttributes().getNamedItem(name).getNodeValue();
    }

    @Test
    @DisplayName("--dry-run with libvirt and the network user gives QEMU a port of 127.0.0.1 for ssh")
    void libvirtUser() throws IOException {
        ScriptRun run = dryRun("user", "libvirt");
        assertTrue(run.out().contains("hostfwd=tcp:127.0.0.1:2222-192.0.2.10:22\"")
                && !run.out().contains("<interface"), run::toString);
    }

    @Test
    @DisplayName("writes a config that Ignition accepts: hostname, address by MAC, files, commands")
    void ignition() throws IOException {
        KcliPlan plan = KcliPlan.read(VmProfile.write(temp, "user", """
                  files: [{path: /home/core/a.sh, content: "echo a", mode: 755}]
                  cmds: [systemctl enable a.service]
                """), null);
        JsonNode config = Ignition.config(plan, List.of("52:54:00:00:02:10"), List.of(KEY));
        Path file = Files.write(temp.resolve("config.ign"), Json.pretty(config));
        Proc.Result validated = Proc.of("ignition-validate", file.toString()).run();
        JsonNode keyfile = file(config, "/etc/NetworkManager/system-connections/ens3.nmconnection");
        String text = content(keyfile);
        assertAll(() -> assertEquals("0", validated.exit() + validated.out() + validated.err()),
                () -> assertEquals("3.1.0", config.at("/ignition/version").asText()),
                () -> assertEquals(KEY, config.at("/passwd/users/0/sshAuthorizedKeys/0").asText()),
                () -> assertEquals(VmProfile.NAME + "\n", content(file(config, "/etc/hostname"))),
                () -> assertEquals(0600, keyfile.path("mode").asInt()),
                () -> assertTrue(text.contains("mac-address=52:54:00:00:02:10\n"), text),
                () -> assertTrue(text.contains("address1=192.0.2.10/24,192.0.2.1\ndns=192.0.2.53;\n"), text),
                () -> assertFalse(text.contains("interface-name"), text),
                () -> assertEquals(0755, file(config, "/home/core/a.sh").path("mode").asInt()),
                () -> assertEquals("set -eux\nsystemctl enable a.service\n",
                        content(file(config, "/etc/create-vm-cmds.sh"))),
                () -> assertTrue(config.at("/systemd/units/0/enabled").asBoolean()));
    }

    private static JsonNode file(JsonNode config, String path) {
        for (JsonNode file : config.at("/storage/files")) {
            if (file.path("path").asText().equals(path)) {
                return file;
            }
        }
        throw new AssertionError("no " + path);
    }

    private static String content(JsonNode file) {
        String source = file.at("/contents/source").asText();
        return new String(Base64.getDecoder().decode(source.replaceFirst("data:;base64,", "")), StandardCharsets.UTF_8);
    }

    @Test
    @DisplayName("puts no host name into the relay's shell line that a shell would read otherwise")
    void shellLine() {
        UserNetwork network = UserNetwork.of(new KcliPlan.Net("user", "ens3", null, 0, null, List.of(), null));
        HttpUrl odd = HttpUrl.get("http://a'b;c/");
        assertEquals(Cli.USAGE, assertThrows(Cli.Failure.class, () -> network.restricted("net0", 2222, odd)).exitCode);
    }

    @Test
    @DisplayName("gives a VM without an address in its plan QEMU's own network, and https its own name")
    void ownNetwork() {
        KcliPlan.Net dhcp = new KcliPlan.Net("user", "ens3", null, 0, null, List.of(), null);
        UserNetwork network = UserNetwork.of(dhcp);
        HttpUrl https = HttpUrl.get("https://www.example.com/a/");
        assertAll(() -> assertEquals("10.0.2.0/24 10.0.2.15", network.net() + " " + network.guest()),
                () -> assertFalse(network.restricted("net0", 2222, https).contains("restrict")),
                () -> assertEquals(https, network.seen(https)),
                () -> assertEquals(HttpUrl.get("http://10.0.2.254:8080/a/"),
                        network.seen(HttpUrl.get("http://www:8080/a/"))));
    }
}

//SOURCES ../common/cli/Cli.java
//SOURCES ../common/vm/KcliPlan.java
//SOURCES Repository.java

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import common.cli.Cli;
import common.vm.KcliPlan;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("A kcli plan")
class KcliPlanTest {
    @TempDir
    Path temp;

    private Path plan(String text) throws IOException {
        return Files.writeString(temp.resolve("plan.yaml"), text);
    }

    private KcliPlan read(String text) throws IOException {
        return KcliPlan.read(plan(text), null);
    }

    @Test
    @DisplayName("of ours has the sizes of the original, and nothing that has no effect")
    void ours() throws IOException {
        KcliPlan plan = KcliPlan.read(Repository.ROOT.resolve("profile-sno-rhcos.yaml"), null);
        KcliPlan.Net net = plan.nets().get(0);
        assertAll(() -> assertEquals(List.of(), plan.warnings()), () -> assertEquals(8, plan.cpus()),
                () -> assertEquals(32768, plan.memory()),
                () -> assertEquals(List.of(new KcliPlan.Disk(50, true), new KcliPlan.Disk(120, true)), plan.disks()),
                () -> assertEquals("rhcos-410.84.202203231330-0-qemu.x86_64.qcow2", plan.image()),
                () -> assertTrue(plan.uefi()), () -> assertEquals("baremetal ens3", net.name() + " " + net.nic()),
                () -> assertTrue(net.ip().startsWith("192.0.2."), net.ip()));
    }

    @Test
    @DisplayName("may have every key of the original: files of the host, commands, a MAC address of digits alone")
    void originalKeys() throws IOException {
        Files.write(temp.resolve("script.sh"), new byte[] {'#', '!', (byte) 0xff});
        KcliPlan plan = read("""
                sno.lab.example.com:
                  image: rhcos.qcow2
                  numcpus: 8
                  memory: 32768
                  disks: [{size: 50, thin: False}, 120]
                  nets:
                  - {name: baremetal, nic: ens3, ip: 198.51.100.7, mask: 255.255.255.128, gateway: 198.51.100.1,
                     dns: "198.51.100.2, 198.51.100.3", mac: 52:54:00:11:22:33}
                  uefi_legacy: True
                  files:
                  - {path: /home/core/script.sh, origin: script.sh, mode: 755, binary: true}
                  - {path: /etc/motd.d/a, content: "a\\nb\\n"}
                  cmds: [systemctl enable a.service]
                """);
        KcliPlan.Net net = plan.nets().get(0);
        assertAll(() -> assertEquals("52:54:00:11:22:33 /25", net.mac() + " /" + net.prefix()),
                () -> assertEquals(List.of("198.51.100.2", "198.51.100.3"), net.dns()),
                () -> assertEquals(List.of(new KcliPlan.Disk(50, false), new KcliPlan.Disk(120, true)), plan.disks()),
                () -> assertEquals(0755, plan.files().get(0).mode()),
                () -> assertEquals(3, plan.files().get(0).bytes().length),
                () -> assertEquals("a\nb\n", new String(plan.files().get(1).bytes(), StandardCharsets.UTF_8)),
                () -> assertEquals(List.of("systemctl enable a.service"), plan.cmds()),
                () -> assertEquals(List.of(), plan.warnings()));
    }

    @Test
    @DisplayName("with keys that have no effect here is read, and each is named with its line")
    void unsupported() throws IOException {
        KcliPlan plan = read("parameters:\n  a: 1\nnet1:\n  type: network\nvm:\n  image: a.qcow2\n  rootpassword: x\n"
                + "  nets:\n  - name: a\n    vfio: true\n");
        List<String> lines = plan.warnings().stream().map(w -> w.replaceFirst(".*/plan.yaml:", "")).toList();
        assertEquals(List.of(" net1 of type network is not made here", "2: parameters is not supported here and has no "
                + "effect", "10: vfio is not supported here and has no effect", "7: rootpassword is not supported here "
                + "and has no effect"), lines);
    }

    @Test
    @DisplayName("with one VM may give it another name; of several, the name chooses")
    void names() throws IOException {
        assertEquals("b", KcliPlan.read(plan("a: {image: x}"), "b").name());
        Path two = plan("a: {image: x}\nb: {image: y}");
        assertEquals("y", KcliPlan.read(two, "b").image());
        Cli.Failure e = assertThrows(Cli.Failure.class, () -> KcliPlan.read(two, null));
        assertTrue(e.getMessage().contains("a, b") && e.exitCode == Cli.USAGE, e.getMessage());
    }

    @Test
    @DisplayName("has its templates filled in from its parameters and defaults, as kcli does")
    void templates() throws IOException {
        KcliPlan plan = read("""
                parameters:
                  image: rhcos.qcow2
                  cpus: 4
                  extra: [20, 40]
                  debug: false

                # the VM
                {{ name | default('sno') }}:
                  image: '{{ image }}'
                  numcpus: {{ cpus }}
                  memory: {{ cpus * 1024 }}
                  disks:
                {% for size in extra %}
                  - size: {{ size }}
                {% endfor %}
                {% if debug %}
                  cmds: [debug]
                {% elif cpus > 2 %}
                  cmds: ['echo {{ image | upper }}']
                {% endif %}
                """);
        assertAll(() -> assertEquals("sno rhcos.qcow2 4 4096", plan.name() + " " + plan.image() + " " + plan.cpus() + " "
                + plan.memory()), () -> assertEquals(List.of(new KcliPlan.Disk(20, true), new KcliPlan.Disk(40, true)),
                plan.disks()), () -> assertEquals(List.of("echo RHCOS.QCOW2"), plan.cmds()));
    }

    @Test
    @DisplayName("reads no other file for a template")
    void include() {
        Cli.Failure e = assertThrows(Cli.Failure.class,
                () -> read("vm:\n  image: a\n  cmds: ['{% include \"/etc/hostname\" %}']\n"));
        assertTrue(e.getMessage().contains("plan.yaml:3: include: other files are not read here"), e.getMessage());
    }

    @Test
    @DisplayName("may have profiles, files that are only named, and no disks: then one of 10 GiB")
    void kcliDefaults() throws IOException {
        Files.writeString(temp.resolve("script.sh"), "x");
        KcliPlan plan = read("base:\n  type: profile\n  image: a.qcow2\n  memory: 4096\nvm:\n  profile: base\n  memory: 8192\n"
                + "  files: [script.sh]\n");
        assertAll(() -> assertEquals("a.qcow2 8192", plan.image() + " " + plan.memory()),
                () -> assertEquals(List.of(new KcliPlan.Disk(10, true)), plan.disks()),
                () -> assertEquals("/root/script.sh", plan.files().get(0).path()),
                () -> assertEquals(List.of(), plan.warnings()));
    }

    @ParameterizedTest(name = "{0}: {2}, line {1}")
    @CsvSource(delimiter = '|', textBlock = """
            vm: {numcpus: 2}                                  | 1 | has no image
            vm:%  image: a%  numcpus: two                     | 3 | numcpus two
            vm:%  image: a%  memory: [1]                      | 3 | memory is not a text
            vm:%  image: a%  memory: -5                       | 3 | memory -5
            vm:%  image: a%  uefi_legacy: 7                   | 3 | uefi_legacy is neither true nor false
            vm:%  image: a%  disks: 50                        | 3 | disks is not a list
            vm:%  image: a%  disks:%  - {size: large}         | 4 | size large
            vm:%  image: a%  nets:%  - {name: a, ip: 1.2.3}   | 4 | ip 1.2.3
            vm:%  image: a%  nets:%  - {ip: 192.0.2.1}        | 4 | without mask
            vm:%  image: a%  nets:%  - {mac: 52:54:00}        | 4 | mac 52:54:00
            vm:%  image: a%  nets:%  - {ip: 192.0.2.1, mask: 255.0.255.0} | 4 | mask 255.0.255.0
            vm:%  image: a%  files:%  - {path: /a, origin: not-there}     | 4 | not-there: no such file
            vm:%  image: a%  files:%  - {path: a, content: b} | 4 | absolute path
            vm:%  image: a%  image: b                         | 3 | image is there twice
            vm:%  image: a%  cmds: [{a: b}]                   | 3 | cmds is not a text
            vm:%    image: a%  memory: 1                      | 3 | wrong indentation
            vm:%  image: {{ release }}.qcow2                  | 2 | release has no value
            vm:%  image: '{{ release }}'                      | 2 | release has no value
            vm:%  image: a%  cmds:%  - echo {{ password }} > x | 4 | password has no value
            vm:%  image: a%  cmds:%  - '{{ "a".getClass() }}' | 4 | cannot be filled in
            vm:%  image: a%  cmds:%  - '{{ 1 + }}'            | 4 | cannot be filled in
            vm:%  image: a%  profile: b                       | 2 | profile b: no entry of this plan
            [a, b]                                            | 1 | not a mapping
            """)
    void wrong(String text, int line, String words) {
        Cli.Failure e = assertThrows(Cli.Failure.class, () -> read(text.replace("%", "\n") + "\n"));
        assertAll(() -> assertTrue(e.getMessage().contains("plan.yaml:" + line + ": "), e.getMessage()),
                () -> assertTrue(e.getMessage().contains(words), e.getMessage()),
                () -> assertEquals(1, e.getMessage().lines().count()));
    }
}

//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/line/AllowedSerials.java
//SOURCES ../common/line/Check.java
//SOURCES ../common/line/LineProfile.java
//SOURCES ../common/line/Preflight.java
//SOURCES ../common/line/ServerIdentity.java
//SOURCES FakeServer.java

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

import common.cli.Cli;
import common.line.AllowedSerials;
import common.line.Check;
import common.line.LineProfile;
import common.line.Preflight;
import common.line.ServerIdentity;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A server before it is staged")
class PreflightTest {
    private static final Instant NOW = Instant.parse("2026-11-26T12:00:00Z");
    @TempDir
    Path folder;
    private FakeServer server;

    @BeforeEach
    void server() throws IOException {
        server = new FakeServer(folder.resolve("root"));
    }

    private LineProfile profile(String yaml) throws IOException {
        return yaml.isEmpty() ? LineProfile.NONE : LineProfile.of(Files.writeString(folder.resolve("line.yaml"), yaml + "\n"));
    }

    private Check check(String name, String yaml, Instant there) throws IOException {
        return new Preflight(server.root, profile(yaml)).server(ServerIdentity.of(server.root), NOW, there).stream()
                .filter(c -> c.name().equals(name)).findFirst().orElseThrow();
    }

    @Test
    @DisplayName("says who it is: serial number, model and its cards' addresses, no other device's")
    void identity() throws IOException {
        assertEquals("serial SN0001, Example Inc. Edge 1000, 52:54:00:00:00:01 52:54:00:00:00:02",
                ServerIdentity.of(server.root).shown());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "To Be Filled By O.E.M.", "Default string", "Not Specified", "None", "System Serial Number", "0000000",
        "XXXXXXXX", "0123456789", "N/A", "................."})
    @DisplayName("has no serial number where the firmware has words instead")
    void placeholders(String serial) throws IOException {
        assertFalse(ServerIdentity.of(server.dmi("product_serial", serial).root).hasSerial());
    }

    @ParameterizedTest
    @ValueSource(strings = {"SN0001", "CZ20360K7B", "7X4Q0N3", "S420000X1234567"})
    @DisplayName("has one that somebody gave it")
    void serials(String serial) throws IOException {
        assertTrue(ServerIdentity.of(server.dmi("product_serial", serial).root).hasSerial());
    }

    @ParameterizedTest(name = "{0} with {1} is {2}")
    @CsvSource(delimiter = '|', value = {
        "serial | '' | PASS serial: SN0001, wanted a serial number",
        "serial | 'serial: \"SN[0-9]{4}\"' | PASS serial: SN0001, wanted SN[0-9]{4}",
        "serial | 'serial: \"SN\"' | FAIL serial: SN0001, wanted SN",
        "memory | '' | PASS memory: 2.0 GiB",
        "memory | 'memoryGigabytes: 2' | PASS memory: 2.0 GiB, wanted at least 2 GiB",
        "memory | 'memoryGigabytes: 3' | FAIL memory: 2.0 GiB, wanted at least 3 GiB",
        "link | '' | PASS link: eno1 10000 Mbit/s, wanted a link",
        "link | 'linkMegabits: 10000' | PASS link: eno1 10000 Mbit/s, wanted at least 10000 Mbit/s",
        "link | 'linkMegabits: 25000' | FAIL link: eno1 10000 Mbit/s, wanted at least 25000 Mbit/s",
        "secure boot | '' | PASS secure boot: enabled",
        "secure boot | 'secureBoot: enabled' | PASS secure boot: enabled, wanted enabled",
        "secure boot | 'secureBoot: disabled' | FAIL secure boot: enabled, wanted disabled",
        "clock | '' | PASS clock: 90 s off",
        "clock | 'clockSeconds: 90' | PASS clock: 90 s off, wanted at most 90 s off",
        "clock | 'clockSeconds: 89' | FAIL clock: 90 s off, wanted at most 89 s off"})
    @DisplayName("is checked against the line's limits")
    void limits(String name, String yaml, String shown) throws IOException {
        assertEquals(shown, check(name, yaml, NOW.minusSeconds(90)).shown());
    }

    @Test
    @DisplayName("fails without a link, or without UEFI where Secure Boot is wanted")
    void lacking() throws IOException {
        server.card("eno1", "52:54:00:00:00:01", "0", "-1");
        assertEquals("FAIL link: no card has a link, wanted a link", check("link", "", NOW).shown());
        Files.move(server.root.resolve("sys/firmware"), folder.resolve("gone"));
        assertEquals("FAIL secure boot: no UEFI, wanted enabled", check("secure boot", "secureBoot: enabled", NOW).shown());
        assertEquals("PASS secure boot: no UEFI, wanted disabled", check("secure boot", "secureBoot: disabled", NOW).shown());
    }

    @Test
    @DisplayName("fails on what cannot be found out where the profile asks for it, and is unknown elsewhere")
    void unknown() throws IOException {
        server.card("eno1", "52:54:00:00:00:01", "1", "-1");
        Files.delete(server.root.resolve("sys/devices/system/memory/block_size_bytes"));
        assertEquals(List.of("UNKNOWN link: eno1, of unknown speed", "FAIL link: eno1, of unknown speed, wanted at least 1 Mbit/s",
                "UNKNOWN memory: the kernel does not tell", "FAIL clock: the artifact server does not tell its time, "
                        + "wanted at most 5 s off"),
                List.of(check("link", "", NOW).shown(), check("link", "linkMegabits: 1", NOW).shown(), check("memory", "", NOW).shown(),
                        check("clock", "clockSeconds: 5", null).shown()));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', value = {
        "memory: 64 | memory: no such limit, only clockSeconds, diskGigabytes, health, linkMegabits, memoryGigabytes, secureBoot, serial, "
            + "writeMegabytes",
        "memoryGigabytes: lots | memoryGigabytes: \"lots\" is not a whole number",
        "memoryGigabytes: [1] | memoryGigabytes: [1] is not a whole number",
        "secureBoot: maybe | secureBoot: \"maybe\" is not one of enabled, disabled",
        "'serial: \"[A-Z\"' | serial: no regular expression: Unclosed character class",
        "- serial | a map of limits, such as memoryGigabytes: 64, is expected"})
    @DisplayName("has no profile with a limit that nobody knows")
    void profiles(String yaml, String reason) {
        Cli.Failure failure = assertThrows(Cli.Failure.class, () -> profile(yaml));
        assertAll(() -> assertEquals(folder.resolve("line.yaml") + ": " + reason, failure.getMessage()),
                () -> assertEquals(Cli.USAGE, failure.exitCode));
    }

    @Test
    @DisplayName("is on the line's list by its serial number, or is left alone")
    void list() throws IOException {
        Path list = Files.writeString(folder.resolve("batch.csv"), "# batch 7\nSN0002,rack 1\n\"SN0001\";rack 2 # the last\n");
        assertDoesNotThrow(() -> AllowedSerials.of(list).check(ServerIdentity.of(server.root)));
        ServerIdentity laptop = ServerIdentity.of(server.dmi("product_serial", "SN0003").root);
        Cli.Failure failure = assertThrows(Cli.Failure.class, () -> AllowedSerials.of(list).check(laptop));
        assertTrue(failure.getMessage().matches("this server is not on the list batch.csv: serial SN0003, .*; nothing was written"),
                failure.getMessage());
        Path empty = Files.writeString(folder.resolve("empty.csv"), "# none yet\n");
        assertThrows(Cli.Failure.class, () -> AllowedSerials.of(empty));
    }
}

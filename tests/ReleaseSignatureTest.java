//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../container-images/pre-cache/release.java
//SOURCES ../lab/LocalRegistry.java
//SOURCES ../lab/ReleaseCorpus.java
//SOURCES ../lab/WebServer.java
//SOURCES ScriptRun.java

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

import common.cli.Cli;
import common.cli.Proc;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keys and signatures are GnuPG's. */
@DisplayName("release --verify:")
class ReleaseSignatureTest {
    private static final String VERSION = "4.10.3";
    private static final String RED_HAT = "red-hat@example.com";
    private static final String STRANGER = "stranger@example.com";
    private static final String SIGNED_NAME = "quay.io/openshift-release-dev/ocp-release:4.10.3-x86_64";
    private static final String LONG_AGO = "20200101T000000";

    @TempDir
    static Path folder;
    private static LocalRegistry registry;
    private static ReleaseCorpus corpus;
    private static String digest;
    private static Path keyring;

    /** A store for each test. */
    private Path store;

    @BeforeAll
    static void start() throws IOException {
        Files.createDirectory(folder.resolve("gnupg"), PosixFilePermissions.asFileAttribute(
                PosixFilePermissions.fromString("rwx------")));
        for (String user : List.of(RED_HAT, STRANGER)) {
            gpg("--faked-system-time", LONG_AGO, "--passphrase", "", "--quick-generate-key", user, "rsa2048", "sign",
                    "never");
        }
        keyring = Files.writeString(folder.resolve("keyring"), gpg("--armor", "--export", RED_HAT));
        registry = LocalRegistry.start(folder.resolve("registry"));
        corpus = ReleaseCorpus.on(registry.port(), folder);
        digest = corpus.publish(VERSION).pinned().replaceFirst(".*@", "");
        Files.writeString(folder.resolve("auth.json"), "{}");
    }

    @AfterAll
    static void stop() {
        registry.close();
        Proc.of("gpgconf", "--homedir", folder.resolve("gnupg").toString(), "--kill", "all").run();
    }

    @BeforeEach
    void newStore() throws IOException {
        store = Files.createTempDirectory(folder, "store");
    }

    @Test
    @DisplayName("a release that a key of the keyring signed is listed, and who signed it is said")
    void signed() throws IOException {
        sign(1, RED_HAT, payload(digest));
        ScriptRun run = verify(keyring);
        assertAll(() -> assertEquals(Cli.DONE, run.exit(), run::toString),
                () -> assertTrue(run.err().contains("Verified: " + SIGNED_NAME), run.err()),
                () -> assertTrue(run.err().contains("by key " + fingerprint(RED_HAT)), run.err()));
    }

    @Test
    @DisplayName("a release without signature is refused and no list is written")
    void unsigned() {
        assertRefused("no signature in " + store, keyring);
        assertFalse(Files.exists(store.resolve("list")));
    }

    @Test
    @DisplayName("a signature by a key that is not in the keyring is refused")
    void stranger() throws IOException {
        sign(1, STRANGER, payload(digest));
        assertRefused("which is not in the keyring", keyring);
    }

    @Test
    @DisplayName("a good signature of another digest is refused")
    void otherDigest() throws IOException {
        String other = "sha256:" + "b".repeat(64);
        sign(1, RED_HAT, payload(other));
        assertRefused("it is for " + other, keyring);
    }

    @Test
    @DisplayName("a signed document of another type is refused")
    void otherType() throws IOException {
        sign(1, RED_HAT, payload(digest).replace("atomic container signature", "something else"));
        assertRefused("it is of type \"something else\"", keyring);
    }

    @Test
    @DisplayName("a signature whose text was changed is refused")
    void changed() throws IOException {
        byte[] message = gpgSigned(RED_HAT, payload("sha256:" + "b".repeat(64)), "--compress-algo", "none");
        String text = new String(message, StandardCharsets.ISO_8859_1).replace("sha256:" + "b".repeat(64), digest);
        put(1, text.getBytes(StandardCharsets.ISO_8859_1));
        assertRefused("its bytes are not what key", keyring);
    }

    @Test
    @DisplayName("a SHA-1 signature is refused")
    void sha1() throws IOException {
        put(1, gpgSigned(RED_HAT, payload(digest), "--digest-algo", "SHA1"));
        assertRefused("of a kind that is not accepted", keyring);
    }

    @Test
    @DisplayName("an expired signature is refused")
    void expired() throws IOException {
        put(1, gpgSigned(RED_HAT, payload(digest), "--faked-system-time", LONG_AGO, "--default-sig-expire", "1d"));
        assertRefused("it expired on 2020-01-02", keyring);
    }

    @Test
    @DisplayName("a signature by a key that its owner revoked is refused")
    void revoked() throws IOException {
        sign(1, STRANGER, payload(digest));
        Path prepared = folder.resolve("gnupg/openpgp-revocs.d/" + fingerprint(STRANGER) + ".rev");
        Path revocation = Files.writeString(folder.resolve("revocation"),
                Files.readString(prepared).replace(":-----", "-----"));
        Path key = Files.writeString(folder.resolve("key"), gpg("--armor", "--export", STRANGER));
        String home = Files.createTempDirectory(folder, "home").toString();
        Proc.of("gpg", "--homedir", home, "--batch", "--quiet", "--import", key.toString(), revocation.toString())
                .check();
        Files.writeString(key, Proc.of("gpg", "--homedir", home, "--armor", "--export").check());
        assertRefused("is revoked", key);
    }

    @Test
    @DisplayName("bytes that are no OpenPGP message are refused")
    void garbage() throws IOException {
        put(1, "not a signature".getBytes(StandardCharsets.UTF_8));
        assertRefused("signature-1: not an OpenPGP-signed message", keyring);
    }

    @Test
    @DisplayName("one good signature among others is enough")
    void second() throws IOException {
        sign(1, STRANGER, payload(digest));
        sign(2, RED_HAT, payload(digest));
        assertEquals(Cli.DONE, verify(keyring).exit());
    }

    @Test
    @DisplayName("a keyring of several armored keys with text between is read whole, as RHEL's")
    void severalKeys() throws IOException {
        Path several = Files.writeString(folder.resolve("several"), "The following keys\n\n"
                + gpg("--armor", "--export", STRANGER) + "\nand the second\n" + gpg("--armor", "--export", RED_HAT));
        sign(1, RED_HAT, payload(digest));
        assertEquals(Cli.DONE, verify(several).exit());
    }

    @Test
    @DisplayName("a signature store may be a web server")
    void web() throws IOException {
        sign(1, STRANGER, payload(digest));
        sign(2, RED_HAT, payload(digest));
        try (WebServer web = WebServer.start(folder.resolve("web"), store)) {
            assertEquals(Cli.DONE, verify(keyring, "http://127.0.0.1:" + web.port()).exit());
        }
    }

    @Test
    @DisplayName("a web server that has no signature is no error of the server")
    void webUnsigned() throws IOException {
        try (WebServer web = WebServer.start(folder.resolve("web"), store)) {
            ScriptRun run = verify(keyring, "http://127.0.0.1:" + web.port() + "/");
            assertTrue(run.err().contains("no signature in http"), run::toString);
        }
    }

    @Test
    @DisplayName("a keyring that is missing is exit code 4")
    void noKeyring() {
        assertEquals(Cli.MISSING, verify(folder.resolve("none")).exit());
    }

    @Test
    @DisplayName("a file that is no keyring is refused")
    void badKeyring() throws IOException {
        assertRefused("no OpenPGP public key", Files.writeString(folder.resolve("text"), "keys, keys\n"));
    }

    private void assertRefused(String message, Path keys) {
        ScriptRun run = verify(keys);
        assertEquals(Cli.FAILED, run.exit(), run::toString);
        assertTrue(run.err().contains(message) && run.err().lines().count() == 1 && run.out().isEmpty(), run::toString);
    }

    private ScriptRun verify(Path keys) {
        return verify(keys, store);
    }

    private ScriptRun verify(Path keys, Object signatures) {
        return ScriptRun.of(new Release(), VERSION, "--verify", "--keyring", keys, "--signatures", signatures,
                "--output", store.resolve("list"), "--authfile", folder.resolve("auth.json"),
                "--registries-conf", corpus.registriesConf());
    }

    private void sign(int number, String user, String payload) throws IOException {
        put(number, gpgSigned(user, payload));
    }

    private void put(int number, byte[] signature) throws IOException {
        Path ofDigest = Files.createDirectories(store.resolve(digest.replace(':', '=')));
        Files.write(ofDigest.resolve("signature-" + number), signature);
    }

    private static byte[] gpgSigned(String user, String payload, String... options) throws IOException {
        Path text = Files.writeString(folder.resolve("payload"), payload);
        Path signed = folder.resolve("signed");
        Files.deleteIfExists(signed);
        List<String> args = new ArrayList<>(List.of(options));
        args.addAll(List.of("--local-user", user, "--output", signed.toString(), "--sign", text.toString()));
        gpg(args.toArray(String[]::new));
        return Files.readAllBytes(signed);
    }

    /** containers-signature(5). */
    private static String payload(String digest) {
        return """
                {"critical": {"type": "atomic container signature", "image": {"docker-manifest-digest": "%s"},
                 "identity": {"docker-reference": "%s"}},
                 "optional": {"creator": "lab", "timestamp": 1648000000}}""".formatted(digest, SIGNED_NAME);
    }

    private static String fingerprint(String user) {
        return gpg("--with-colons", "--fingerprint", user).lines().filter(l -> l.startsWith("fpr")).findFirst()
                .orElseThrow().split(":+")[1];
    }

    private static String gpg(String... args) {
        List<String> argv = new ArrayList<>(List.of("gpg", "--homedir", folder.resolve("gnupg").toString(), "--batch",
                "--yes", "--quiet", "--pinentry-mode", "loopback"));
        argv.addAll(List.of(args));
        return Proc.of(argv).check();
    }
}

//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/LockFile.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../common/inventory/Inventory.java
//SOURCES ../common/inventory/InventorySignature.java
//SOURCES ScriptRun.java
//SOURCES ServedTree.java
//SOURCES StagedDisk.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

import common.cli.Cli;
import common.cli.LockFile;
import common.cli.Proc;
import common.inventory.Inventory;
import common.inventory.InventorySignature;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The inventory's signature, with keys of openssl,")
class InventorySignatureTest {
    private static final String NOT_OURS =
            "inventory.json.sig: not this key's signature of inventory.json, or one of them was changed";
    @TempDir
    Path temp;
    private ServedTree server;
    private Path key;
    private Path publicKey;
    private Path signature;

    @BeforeEach
    void serve() throws IOException {
        server = StagedDisk.server(temp);
        signature = server.root.resolve(Inventory.SIGNATURE);
        key = key("factory", "ed25519");
        publicKey = publicKey(key);
    }

    private Path key(String name, String algorithm) throws IOException {
        Path file = temp.resolve(name + ".pem");
        Proc.of("openssl", "genpkey", "-algorithm", algorithm, "-out", file.toString()).check();
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }

    private Path publicKey(Path of) {
        Path file = of.resolveSibling("public-" + of.getFileName());
        Proc.of("openssl", "pkey", "-in", of.toString(), "-pubout", "-out", file.toString()).check();
        return file;
    }

    private void sign() {
        StagedDisk.assertWhole(StagedDisk.verify(server.root, "--sign", key));
    }

    private ScriptRun check() {
        return StagedDisk.verify(server.root, "--public-key", publicKey);
    }

    @Test
    @DisplayName("is one that openssl, too, accepts")
    void openssl() {
        sign();
        Proc.of("openssl", "pkeyutl", "-verify", "-pubin", "-inkey", publicKey.toString(), "-rawin", "-in",
                server.root.resolve(Inventory.FILE).toString(), "-sigfile", signature.toString()).check();
    }

    @Test
    @DisplayName("goes with the files, and is checked on the disk")
    void onSite() throws IOException {
        sign();
        Path disk = StagedDisk.of(server, temp, "load").disk();
        ScriptRun run = StagedDisk.assertWhole(StagedDisk.verify(disk, "--public-key", publicKey));
        assertTrue(run.out().contains("inventory.json.sig: good signature"), run.out());
    }

    @Test
    @DisplayName("is not that of another key")
    void otherKey() throws IOException {
        sign();
        Path other = publicKey(key("other", "ed25519"));
        StagedDisk.assertWrong(StagedDisk.verify(server.root, "--public-key", other), NOT_OURS);
    }

    @Test
    @DisplayName("does not hold for an inventory that was changed, though all files are what it says")
    void changedInventory() throws IOException {
        sign();
        Path inventory = server.root.resolve(Inventory.FILE);
        Files.writeString(inventory, Files.readString(inventory) + "\n");
        StagedDisk.assertWrong(check(), NOT_OURS);
    }

    @Test
    @DisplayName("does not hold when it was itself changed or cut")
    void changedSignature() throws IOException {
        sign();
        byte[] bytes = Files.readAllBytes(signature);
        bytes[0] ^= 1;
        Files.write(signature, bytes);
        StagedDisk.assertWrong(check(), NOT_OURS);
        Files.write(signature, new byte[10]);
        StagedDisk.assertWrong(check(), NOT_OURS);
    }

    @Test
    @DisplayName("is missed when it is asked for")
    void missing() {
        StagedDisk.assertWrong(check(),
                "inventory.json.sig: missing: the inventory was not signed, or was changed after it; verify --sign it");
    }

    @Test
    @DisplayName("does not cover up a fault in the files")
    void fault() throws IOException {
        sign();
        Files.delete(server.ownLayer("ai-images", "4.10.3"));
        assertEquals(1, StagedDisk.wrong(check()).size());
    }

    @Test
    @DisplayName("is not given to a folder with a fault, and an earlier one is taken away")
    void notSigned() throws IOException {
        sign();
        Files.delete(server.ownLayer("ai-images", "4.10.3"));
        assertEquals(Cli.FAILED, StagedDisk.verify(server.root, "--sign", key).exit());
        assertFalse(Files.exists(signature));
    }

    @Test
    @DisplayName("is of an inventory that has node.tar, even when nobody entered it")
    void completes() throws IOException {
        Inventory before = Inventory.parse(Files.readAllBytes(server.root.resolve(Inventory.FILE)), "test");
        server.withoutInventory().pull("ai-images", "4.10.3", 3, 40_000).pull("ocp-images", "4.10.3", 2, 40_000);
        assertEquals(1, StagedDisk.wrong(StagedDisk.verify(server.root)).size());
        sign();
        Inventory after = Inventory.parse(Files.readAllBytes(server.root.resolve(Inventory.FILE)), "test");
        assertEquals(Set.copyOf(before.files()), Set.copyOf(after.files()));
        StagedDisk.assertWhole(check());
    }

    @Test
    @DisplayName("is refused with a private key that others can read, or of another kind, or on a data partition")
    void refused() throws IOException {
        Path disk = StagedDisk.of(server, temp, "load").disk();
        assertEquals(Cli.USAGE, StagedDisk.verify(disk, "--sign", key).exit());
        Path rsa = key("rsa", "RSA");
        ScriptRun kind = StagedDisk.verify(server.root, "--sign", rsa);
        assertTrue(kind.exit() == Cli.USAGE && kind.err().contains("no Ed25519 key"), kind::toString);
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r-----"));
        ScriptRun open = StagedDisk.verify(server.root, "--sign", key);
        assertTrue(open.exit() == Cli.USAGE && open.err().contains("chmod 600"), open::toString);
        assertFalse(Files.exists(signature));
    }

    @Test
    @DisplayName("is not made with a key that lies among the served files")
    void keyInFolder() throws IOException {
        Path inside = Files.copy(key, server.root.resolve("factory.pem"));
        Files.setPosixFilePermissions(inside, PosixFilePermissions.fromString("rw-------"));
        StagedDisk.assertWrong(StagedDisk.verify(server.root, "--sign", inside),
                "factory.pem: looks like a secret (it has -----BEGIN PRIVATE KEY-----); remove it");
    }

    @Test
    @DisplayName("is not of bytes that came after the check, nor made while a pull writes")
    void changedMeanwhile() throws IOException {
        Path inventory = server.root.resolve(Inventory.FILE);
        byte[] checked = Files.readAllBytes(inventory);
        server.add("more", "other", "entered while all else was hashed".getBytes());
        assertThrows(Cli.Failure.class,
                () -> InventorySignature.sign(server.root, checked, InventorySignature.privateKey(key)));
        assertFalse(Files.exists(signature));
        try (LockFile pull = LockFile.tryTake(server.root.resolve("blobs/.lock")).orElseThrow()) {
            ScriptRun run = StagedDisk.verify(server.root, "--sign", key);
            assertTrue(run.exit() == Cli.FAILED && run.err().contains("a pull is writing"), run::toString);
        }
        sign();
    }
}

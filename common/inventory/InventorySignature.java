package common.inventory;

//SOURCES ../cli/AtomicFile.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/LockFile.java
//SOURCES Inventory.java

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.EncodedKeySpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.EnumSet;
import java.util.Set;

import common.cli.AtomicFile;
import common.cli.Cli;
import common.cli.LockFile;

/**
 * The detached signature of inventory.json: the 64 bytes of Ed25519 (RFC 8032) over the file's bytes, as
 * {@code openssl pkeyutl -rawin} also makes and checks them. Keys are PEM files (RFC 7468), made by
 *
 * <pre>
 * (umask 077; openssl genpkey -algorithm ed25519 -out factory.pem)
 * openssl pkey -in factory.pem -pubout -out factory-public.pem
 * </pre>
 */
public final class InventorySignature {
    private static final Set<PosixFilePermission> OWNER =
            EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

    private InventorySignature() {
    }

    /** Reads a private key; a {@link Cli.Failure} when somebody else could read it, too. */
    public static PrivateKey privateKey(Path pem) throws IOException {
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(pem);
        if (!OWNER.containsAll(permissions)) {
            throw new Cli.Failure(Cli.USAGE, "--sign " + pem + ": others may use this private key; chmod 600 it");
        }
        try {
            EncodedKeySpec key = new PKCS8EncodedKeySpec(decode(pem, "PRIVATE KEY"));
            return KeyFactory.getInstance("Ed25519").generatePrivate(key);
        } catch (GeneralSecurityException e) {
            throw new Cli.Failure(Cli.USAGE, "--sign " + pem + ": no Ed25519 key; make one with "
                    + "openssl genpkey -algorithm ed25519", e);
        }
    }

    /** Reads a public key. */
    public static PublicKey publicKey(Path pem) throws IOException {
        try {
            EncodedKeySpec key = new X509EncodedKeySpec(decode(pem, "PUBLIC KEY"));
            return KeyFactory.getInstance("Ed25519").generatePublic(key);
        } catch (GeneralSecurityException e) {
            throw new Cli.Failure(Cli.USAGE, "--public-key " + pem + ": no Ed25519 key; make it with "
                    + "openssl pkey -in PRIVATE.pem -pubout", e);
        }
    }

    private static byte[] decode(Path pem, String label) throws IOException, GeneralSecurityException {
        String text = Files.readString(pem, StandardCharsets.ISO_8859_1);
        String begin = "-----BEGIN " + label + "-----";
        String end = "-----END " + label + "-----";
        int from = text.indexOf(begin);
        int to = text.indexOf(end);
        if (from < 0 || to < from) {
            throw new GeneralSecurityException("no " + label + " in PEM");
        }
        try {
            return Base64.getMimeDecoder().decode(text.substring(from + begin.length(), to));
        } catch (IllegalArgumentException e) {
            throw new GeneralSecurityException(e);
        }
    }

    /**
     * Writes FOLDER/inventory.json.sig, the signature of these bytes.
     *
     * @param checked the bytes of inventory.json whose files were found to be what it says
     * @throws Cli.Failure when inventory.json is not these bytes any more
     */
    public static void sign(Path folder, byte[] checked, PrivateKey key) throws IOException {
        try (LockFile lock = Inventory.lock(folder)) {
            if (!Arrays.equals(checked, Files.readAllBytes(folder.resolve(Inventory.FILE)))) {
                throw new Cli.Failure(folder.resolve(Inventory.FILE) + " was changed while it was being checked; "
                        + "it was not signed, run the same command again");
            }
            Signature signature = Signature.getInstance("Ed25519");
            signature.initSign(key);
            signature.update(checked);
            AtomicFile.write(folder.resolve(Inventory.SIGNATURE), signature.sign());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Ed25519 takes any bytes", e);
        }
    }

    /** Whether these are the key's signature of these bytes. */
    public static boolean isOf(PublicKey key, byte[] inventory, byte[] bytes) {
        try {
            Signature signature = Signature.getInstance("Ed25519");
            signature.initVerify(key);
            signature.update(inventory);
            return signature.verify(bytes);
        } catch (SignatureException e) {
            return false; // not of the form of one
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java since 15 has Ed25519", e);
        }
    }
}

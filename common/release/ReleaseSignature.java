package common.release;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../http/Http.java
//SOURCES ../oci/Digest.java
//DEPS org.bouncycastle:bcpg-jdk18on:1.81
//DEPS org.bouncycastle:bcutil-jdk18on:1.81
//DEPS org.bouncycastle:bcprov-jdk18on:1.81

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Json;
import common.http.Http;
import common.oci.Digest;
import okhttp3.Headers;
import okhttp3.HttpUrl;
import okhttp3.Response;
import org.bouncycastle.bcpg.HashAlgorithmTags;
import org.bouncycastle.openpgp.PGPCompressedData;
import org.bouncycastle.openpgp.PGPException;
import org.bouncycastle.openpgp.PGPLiteralData;
import org.bouncycastle.openpgp.PGPOnePassSignatureList;
import org.bouncycastle.openpgp.PGPPublicKey;
import org.bouncycastle.openpgp.PGPPublicKeyRing;
import org.bouncycastle.openpgp.PGPSignature;
import org.bouncycastle.openpgp.PGPSignatureList;
import org.bouncycastle.openpgp.PGPUtil;
import org.bouncycastle.openpgp.bc.BcPGPObjectFactory;
import org.bouncycastle.openpgp.bc.BcPGPPublicKeyRingCollection;
import org.bouncycastle.openpgp.operator.bc.BcPGPContentVerifierBuilderProvider;

/**
 * A release's signature as the cluster-version-operator checks it: an OpenPGP-signed "atomic container signature"
 * (containers-signature(5)) of the release image's digest, in a store at {@code sha256=HEX/signature-N}, N from 1.
 *
 * @param key fingerprint of the key that signed, in hex
 * @param reference the image name that was signed with the digest
 */
public record ReleaseSignature(String key, Instant when, String reference) {
    /** Where Red Hat publishes the signatures of releases. */
    public static final String RED_HAT_STORE =
            "https://mirror.openshift.com/pub/openshift-v4/signatures/openshift/release";
    /** Where RHEL and RHCOS have Red Hat's keys. */
    public static final String RED_HAT_KEYS = "/etc/pki/rpm-gpg/RPM-GPG-KEY-redhat-release";

    private static final int MAX_BYTES = 64 << 10;
    private static final int MAX_SIGNATURES = 10;
    private static final Set<Integer> HASHES = Set.of(HashAlgorithmTags.SHA256, HashAlgorithmTags.SHA384,
            HashAlgorithmTags.SHA512); // SHA-1 and MD5 can be forged
    private static final String BLOCK = "-----BEGIN PGP PUBLIC KEY BLOCK-----";

    /** Not a signature of this digest by one of these keys. */
    private static final class Bad extends Exception {
        Bad(String message) {
            super(message);
        }
    }

    /**
     * Finds a signature of the digest by one of the keys. Throws {@link Cli.Failure} when there is none, with what is
     * wrong with each that the store has.
     *
     * @param store folder, or http(s) address
     * @param keyring public keys, armored (several blocks, with text between, as in RHEL's file) or binary
     */
    public static ReleaseSignature of(Digest digest, String store, Path keyring, Http http) throws IOException {
        List<PGPPublicKeyRing> keys = keys(keyring);
        List<String> reasons = new ArrayList<>();
        for (int n = 1; n <= MAX_SIGNATURES; n++) {
            String name = "sha256=" + digest.hex() + "/signature-" + n;
            Optional<byte[]> bytes = fetch(store, name, http);
            if (bytes.isEmpty()) {
                break;
            }
            try {
                return check(bytes.get(), digest, keys);
            } catch (Bad e) {
                reasons.add("signature-" + n + ": " + e.getMessage());
            } catch (PGPException | IOException | RuntimeException e) { // what the parser makes of hostile bytes
                reasons.add("signature-" + n + ": not an OpenPGP-signed message: " + e.getMessage());
            }
        }
        throw new Cli.Failure("release " + digest + " is not verified: " + (reasons.isEmpty()
                ? "no signature in " + store : String.join("; ", reasons) + " (keys of " + keyring + ")"));
    }

    private static Optional<byte[]> fetch(String store, String name, Http http) throws IOException {
        if (!store.matches("https?://.*")) {
            Path file = Path.of(store, name);
            if (!Files.isDirectory(Path.of(store))) {
                throw new Cli.Failure("no signature store " + store + ": neither a folder nor an http(s) address");
            }
            return Files.exists(file) ? Optional.of(bounded(Files.newInputStream(file), name)) : Optional.empty();
        }
        HttpUrl url = HttpUrl.parse(store.replaceFirst("/+$", "") + "/" + name);
        if (url == null) {
            throw new Cli.Failure(Cli.USAGE, "not an address: " + store);
        }
        try (Response response = http.get(url, Headers.of(), true)) {
            if (response.code() == 404) {
                return Optional.empty();
            }
            if (!response.isSuccessful()) {
                throw new IOException(url + ": " + response.code());
            }
            return Optional.of(bounded(response.body().byteStream(), name));
        } catch (IOException e) {
            throw new IOException("signature store " + store + ": " + Http.explain(e, url.host()), e);
        }
    }

    private static byte[] bounded(InputStream in, String name) throws IOException {
        try (in) {
            byte[] bytes = in.readNBytes(MAX_BYTES + 1);
            if (bytes.length > MAX_BYTES) {
                throw new Cli.Failure(name + ": more than " + MAX_BYTES + " bytes, not a signature");
            }
            return bytes;
        }
    }

    private static List<PGPPublicKeyRing> keys(Path keyring) throws IOException {
        if (!Files.isReadable(keyring)) {
            throw new Cli.Failure(Cli.MISSING, "no keyring " + keyring + "; name one with --keyring (RHEL has Red "
                    + "Hat's keys in " + RED_HAT_KEYS + ")");
        }
        List<PGPPublicKeyRing> keys = new ArrayList<>();
        try {
            String text = Files.readString(keyring, StandardCharsets.ISO_8859_1);
            String[] blocks = text.split("(?=" + BLOCK + ")"); // the library stops after one
            for (String block : blocks) {
                if (blocks.length == 1 || block.startsWith(BLOCK)) {
                    new BcPGPPublicKeyRingCollection(PGPUtil.getDecoderStream(
                            new ByteArrayInputStream(block.getBytes(StandardCharsets.ISO_8859_1)))).forEach(keys::add);
                }
            }
        } catch (PGPException | IOException | RuntimeException e) {
            throw new Cli.Failure(Cli.FAILED, keyring + ": not a file of OpenPGP public keys: " + e.getMessage(), e);
        }
        if (keys.isEmpty()) {
            throw new Cli.Failure(keyring + ": no OpenPGP public key in it");
        }
        return keys;
    }

    private static ReleaseSignature check(byte[] message, Digest digest, List<PGPPublicKeyRing> keys)
            throws Bad, PGPException, IOException {
        InputStream in = PGPUtil.getDecoderStream(new ByteArrayInputStream(message));
        BcPGPObjectFactory packets = new BcPGPObjectFactory(in);
        Object first = packets.nextObject();
        if (first instanceof PGPCompressedData compressed) {
            packets = new BcPGPObjectFactory(compressed.getDataStream());
            first = packets.nextObject();
        }
        if (!(first instanceof PGPOnePassSignatureList) || !(packets.nextObject() instanceof PGPLiteralData literal)) {
            throw new Bad("not an OpenPGP-signed message");
        }
        byte[] payload = literal.getInputStream().readNBytes(MAX_BYTES); // a longer one does not verify
        if (!(packets.nextObject() instanceof PGPSignatureList signatures) || signatures.isEmpty()) {
            throw new Bad("not an OpenPGP-signed message");
        }
        PGPSignature signature = signatures.get(0);
        PGPPublicKey key = signer(signature, keys);
        signature.init(new BcPGPContentVerifierBuilderProvider(), key);
        signature.update(payload);
        if (!signature.verify()) {
            throw new Bad("its bytes are not what key " + fingerprint(key) + " signed");
        }
        JsonNode critical = Json.parse(payload, "signature").path("critical");
        String signed = critical.path("image").path("docker-manifest-digest").asText();
        if (!critical.path("type").asText().equals("atomic container signature")) {
            throw new Bad("it is of type " + critical.path("type"));
        }
        if (!signed.equals(digest.toString())) {
            throw new Bad("it is for " + (signed.isEmpty() ? "no image" : signed));
        }
        return new ReleaseSignature(fingerprint(key), signature.getCreationTime().toInstant(),
                critical.path("identity").path("docker-reference").asText());
    }

    private static PGPPublicKey signer(PGPSignature signature, List<PGPPublicKeyRing> keys) throws Bad {
        PGPPublicKeyRing ring = keys.stream().filter(k -> k.getPublicKey(signature.getKeyID()) != null).findFirst()
                .orElse(null);
        if (ring == null) {
            throw new Bad("by key " + Long.toHexString(signature.getKeyID()) + ", which is not in the keyring");
        }
        if (signature.getSignatureType() != PGPSignature.BINARY_DOCUMENT
                || !HASHES.contains(signature.getHashAlgorithm())) {
            throw new Bad("of a kind that is not accepted (type " + signature.getSignatureType() + ", hash "
                    + signature.getHashAlgorithm() + ")");
        }
        long expires = !signature.hasSubpackets() ? 0 : signature.getHashedSubPackets().getSignatureExpirationTime();
        Instant when = signature.getCreationTime().toInstant();
        if (expires != 0 && Instant.now().isAfter(when.plusSeconds(expires))) {
            throw new Bad("it expired on " + when.plusSeconds(expires));
        }
        PGPPublicKey key = ring.getPublicKey(signature.getKeyID());
        for (PGPPublicKey k : List.of(ring.getPublicKey(), key)) {
            Instant end = k.getCreationTime().toInstant().plusSeconds(k.getValidSeconds());
            if (k.hasRevocation() || k.getValidSeconds() != 0 && when.isAfter(end)) {
                throw new Bad("key " + fingerprint(k) + " is revoked or had expired");
            }
        }
        return key;
    }

    private static String fingerprint(PGPPublicKey key) {
        return HexFormat.of().withUpperCase().formatHex(key.getFingerprint());
    }

    @Override
    public String toString() {
        return "Verified: " + reference + ", signed " + when + " by key " + key;
    }
}

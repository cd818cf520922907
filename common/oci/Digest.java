package common.oci;

//SOURCES ../cli/Cli.java

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

import common.cli.Cli;

/**
 * A sha256 content digest, {@code sha256:<64 lower-case hex digits>} (OCI image specification, descriptor.md). No other
 * algorithm is in use in the images we stage. Safe as a file name: {@link #hex} holds nothing but hex digits.
 */
public record Digest(String hex) {
    private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");

    public Digest {
        if (!HEX.matcher(hex).matches()) {
            throw new Cli.Failure("not a sha256 digest: " + hex);
        }
    }

    /** As a record's own would be, which Java links at run time: a twentieth of a second of every start of the registry. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Digest digest && hex.equals(digest.hex);
    }

    @Override
    public int hashCode() {
        return hex.hashCode();
    }

    public static Digest parse(String text) {
        if (!text.startsWith("sha256:")) {
            throw new Cli.Failure("not a sha256 digest: " + text);
        }
        return new Digest(text.substring("sha256:".length()));
    }

    public static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    /** The digest of what {@code sha256} has been fed; resets it. */
    public static Digest of(MessageDigest sha256) {
        return new Digest(HexFormat.of().formatHex(sha256.digest()));
    }

    public static Digest of(byte[] bytes) {
        MessageDigest sha256 = sha256();
        sha256.update(bytes);
        return of(sha256);
    }

    public static Digest of(Path file) throws IOException {
        MessageDigest sha256 = sha256();
        try (InputStream in = Files.newInputStream(file)) {
            byte[] buffer = new byte[256 << 10];
            for (int n; (n = in.read(buffer)) > 0;) {
                sha256.update(buffer, 0, n);
            }
        }
        return of(sha256);
    }

    @Override
    public String toString() {
        return "sha256:" + hex;
    }
}

package common.ignition;

//SOURCES ../cli/Cli.java

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;

import common.cli.Cli;

/** A file with OpenSSH public keys, as ssh-keygen writes them and authorized_keys holds them. */
public final class SshPublicKey {
    private SshPublicKey() {
    }

    /** The keys, a line each; a {@link Cli.Failure} when there is none or when a line is anything else. */
    public static List<String> read(Path file) throws IOException {
        try {
            return keys(Files.readString(file), file.toString());
        } catch (MalformedInputException e) {
            throw new Cli.Failure(Cli.FAILED, file + ": not text; give the .pub file", e);
        }
    }

    /** The same of text that is at hand; {@code where} names it in the error, which does not quote it. */
    public static List<String> keys(String text, String where) {
        List<String> keys = text.lines().map(String::strip).filter(l -> !l.isEmpty() && !l.startsWith("#")).toList();
        if (keys.isEmpty() || !keys.stream().allMatch(SshPublicKey::isKey)) {
            throw new Cli.Failure(where + ": not an OpenSSH public key; give the .pub file");
        }
        return keys;
    }

    /** {@code TYPE BASE64 [COMMENT]}, where the base64 is of the type and the key's numbers (RFC 4253 section 6.6). */
    private static boolean isKey(String line) {
        String[] words = line.split("\\s+", 3);
        if (words.length < 2 || !words[0].matches("(ssh|ecdsa|sk)-\\S+")) {
            return false;
        }
        try {
            ByteBuffer blob = ByteBuffer.wrap(Base64.getDecoder().decode(words[1]));
            boolean isType = new String(field(blob), StandardCharsets.US_ASCII).equals(words[0]);
            field(blob); // at least one number
            while (blob.hasRemaining()) {
                field(blob);
            }
            return isType;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static byte[] field(ByteBuffer blob) {
        if (blob.remaining() < 4 || blob.getInt(blob.position()) < 0
                || blob.getInt(blob.position()) > blob.remaining() - 4) {
            throw new IllegalArgumentException("cut off");
        }
        byte[] field = new byte[blob.getInt()];
        blob.get(field);
        return field;
    }
}

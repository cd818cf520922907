package common;

//SOURCES Cli.java

import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A file with OpenSSH public keys, as ssh-keygen writes them and authorized_keys holds them. */
public final class SshPublicKey {
    private SshPublicKey() {
    }

    /** The keys, a line each; a {@link Cli.Failure} when there is none or when a line is anything else. */
    public static List<String> read(Path file) throws IOException {
        List<String> keys;
        try {
            keys = Files.readAllLines(file).stream().map(String::strip).filter(l -> !l.isEmpty() && !l.startsWith("#"))
                    .toList();
        } catch (MalformedInputException e) {
            throw new Cli.Failure(Cli.FAILED, file + ": not text; give the .pub file", e);
        }
        if (keys.isEmpty() || !keys.stream().allMatch(k -> k.matches("(ssh|ecdsa|sk)-\\S+ AAAA[A-Za-z0-9+/]+=*( .*)?"))) {
            throw new Cli.Failure(file + ": not an OpenSSH public key; give the .pub file");
        }
        return keys;
    }
}

package common.verify;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** Files that look like a secret: none belongs onto a disk that is shipped, or below a web server's root. */
final class SecretFiles {
    private static final Pattern NAME = Pattern.compile("auth\\.json|\\.dockerconfigjson|\\.dockercfg|\\.netrc|"
            + "(.*[._-])?(pull-?secret|kubeconfig|kubeadmin-password)([._-].*)?|id_(rsa|dsa|ecdsa|ed25519)|"
            + ".*\\.(p12|pfx|jks)");
    private static final List<Pattern> CONTENT = List.of(Pattern.compile("-----BEGIN ([A-Z0-9]+ )*PRIVATE KEY-----"),
            Pattern.compile("\"auths\"\\s*:\\s*\\{"), Pattern.compile("client-key-data\\s*:"));
    private static final int LARGEST = 1 << 20; // keys and credentials are small

    private SecretFiles() {
    }

    /** Why the file looks like one. */
    static Optional<String> reason(Path file) throws IOException {
        if (NAME.matcher(file.getFileName().toString().toLowerCase(Locale.ROOT)).matches()) {
            return Optional.of("its name says so");
        }
        if (Files.size(file) <= LARGEST) {
            String text = Files.readString(file, StandardCharsets.ISO_8859_1);
            return CONTENT.stream().map(p -> p.matcher(text)).filter(m -> m.find())
                    .map(m -> "it has " + m.group().strip()).findFirst();
        }
        return Optional.empty();
    }
}

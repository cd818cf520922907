package common.http;

//SOURCES ../cli/Cli.java
//DEPS com.squareup.okhttp3:okhttp-tls:5.5.1

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import common.cli.Cli;
import okhttp3.tls.Certificates;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;

/**
 * The certificates that a TLS connection to a host is checked by, where podman and skopeo look for them: the system's
 * bundle, what {@code SSL_CERT_FILE} and {@code SSL_CERT_DIR} name (instead, when both are set; Go, crypto/x509); and beside these either
 * {@code --cert-dir} or the first folder of containers-certs.d(5) that the host has. Without a system's bundle those of
 * the Java runtime count.
 *
 * @param certDir a folder with {@code *.crt} (CA) and {@code *.cert} with {@code *.key} (ours), or one file of CA
 *     certificates; null for none
 */
record TrustedCertificates(Path certDir, Map<String, String> env) {
    private static final Pattern BLOCK = Pattern.compile("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----",
            Pattern.DOTALL);
    /** Debian, RHEL and Fedora, SUSE, RHEL again, Alpine. */
    private static final List<String> BUNDLES = List.of("/etc/ssl/certs/ca-certificates.crt",
            "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
            "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem");

    /** Throws {@link Cli.Failure} on a file that is not what its name says. {@code host}: with its port, as in a reference. */
    HandshakeCertificates of(String host) throws IOException {
        HandshakeCertificates.Builder certificates = new HandshakeCertificates.Builder();
        List<Path> system = system();
        if (system.isEmpty()) {
            certificates.addPlatformTrustedCertificates();
        }
        for (Path bundle : system) {
            for (String pem : blocks(bundle)) {
                try {
                    certificates.addTrustedCertificate(Certificates.decodeCertificatePem(pem));
                } catch (IllegalArgumentException e) {
                    // one of many that this Java does not know
                }
            }
        }
        Path folder = certDir != null ? certDir : folder(host);
        for (Path crt : files(folder, ".crt")) {
            List<String> blocks = blocks(crt);
            if (blocks.isEmpty()) {
                throw new Cli.Failure(crt + ": not a PEM certificate");
            }
            for (String pem : blocks) {
                certificates.addTrustedCertificate(decoded(crt, () -> Certificates.decodeCertificatePem(pem)));
            }
        }
        for (Path cert : files(folder, ".cert")) {
            Path key = Path.of(cert.toString().replaceFirst("\\.cert$", ".key"));
            if (!Files.exists(key)) {
                throw new Cli.Failure(cert + ": its key " + key.getFileName() + " is not beside it");
            }
            String pem = Files.readString(cert) + "\n" + Files.readString(key);
            certificates.heldCertificate(decoded(cert, () -> HeldCertificate.decode(pem)));
        }
        return certificates.build();
    }

    private List<Path> system() throws IOException {
        String file = env.getOrDefault("SSL_CERT_FILE", "");
        String folders = env.getOrDefault("SSL_CERT_DIR", "");
        List<Path> found = new ArrayList<>();
        if (!file.isEmpty() && Files.isReadable(Path.of(file))) {
            found.add(Path.of(file));
        }
        if (file.isEmpty() || folders.isEmpty()) {
            BUNDLES.stream().map(Path::of).filter(Files::isReadable).findFirst().ifPresent(found::add);
        }
        for (String folder : folders.split(":")) {
            if (!folder.isEmpty() && Files.isDirectory(Path.of(folder))) {
                try (Stream<Path> files = Files.list(Path.of(folder))) {
                    files.filter(Files::isRegularFile).sorted().forEach(found::add);
                }
            }
        }
        return found;
    }

    /** Null when the host has none. */
    private Path folder(String host) {
        String name = host.equals("registry-1.docker.io") ? "docker.io" : host;
        return Stream.of(env.getOrDefault("HOME", "/root") + "/.config/containers/certs.d", "/etc/containers/certs.d",
                "/etc/docker/certs.d").map(folder -> Path.of(folder, name)).filter(Files::isDirectory).findFirst()
                .orElse(null);
    }

    private static List<String> blocks(Path file) throws IOException {
        List<String> blocks = new ArrayList<>();
        for (Matcher block = BLOCK.matcher(Files.readString(file, StandardCharsets.ISO_8859_1)); block.find();) {
            blocks.add(block.group());
        }
        return blocks;
    }

    private static <T> T decoded(Path file, Supplier<T> decoder) {
        try {
            return decoder.get();
        } catch (IllegalArgumentException e) { // its words could quote a key
            throw new Cli.Failure(file + ": cannot read a PEM certificate"
                    + (file.toString().endsWith(".cert") ? " or its private key (PKCS #8, as openssl pkcs8 -topk8 -nodes writes)"
                    : ""));
        }
    }

    private static List<Path> files(Path folder, String ending) throws IOException {
        if (folder == null || Files.isRegularFile(folder)) {
            return folder == null || !ending.equals(".crt") ? List.of() : List.of(folder);
        }
        if (!Files.isDirectory(folder)) {
            throw new Cli.Failure("no such file or folder: " + folder + "; --cert-dir names CA certificates");
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(f -> f.toString().endsWith(ending)).sorted().toList();
        }
    }
}

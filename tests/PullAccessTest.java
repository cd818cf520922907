//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Proc.java
//SOURCES ../container-images/images-4.10.3/pull-initial-4.10.3.java
//SOURCES ../lab/LocalRegistry.java
//SOURCES ../lab/LoopbackServer.java
//SOURCES PullLab.java
//SOURCES ScriptRun.java
//SOURCES Scripts.java
//SOURCES TokenService.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

import common.cli.Cli;
import common.cli.Proc;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("fault")
@DisplayName("Pulling from a registry that wants credentials")
class PullAccessTest {
    private static final String PASSWORD = "correct-horse-7f3a";
    private static final String RIGHT = Base64.getEncoder().encodeToString(("puller:" + PASSWORD).getBytes());
    private static final String WRONG = Base64.getEncoder().encodeToString("puller:wrong".getBytes());

    @TempDir
    static Path shared;
    private static PullLab lab;
    private static LocalRegistry locked;

    @TempDir
    Path root;
    private LoopbackServer registry = locked;
    private TokenService tokens;

    @BeforeAll
    static void publish() throws IOException {
        lab = PullLab.start(shared);
        Path htpasswd = Files.writeString(shared.resolve("htpasswd"),
                Proc.of("htpasswd", "-niB", "puller").stdin(PASSWORD).check());
        Path storage = shared.resolve("registry/storage");
        locked = LocalRegistry.start(shared.resolve("locked"), storage, htpasswd, null, null);
    }

    @AfterAll
    static void stop() {
        lab.close();
        locked.close();
    }

    @AfterEach
    void stopTokens() {
        if (tokens != null) {
            registry.close();
            tokens.close();
        }
    }

    /** From here on the registry asks for tokens, and the token service for what is wanted. */
    private void tokens(String wanted) throws IOException {
        tokens = new TokenService(wanted);
        int port = LoopbackServer.freePort();
        Path config = Files.writeString(root.resolve("registry.yml"), """
                version: 0.1
                storage: {filesystem: {rootdirectory: "%s"}}
                http: {addr: "127.0.0.1:%d", secret: lab}
                """.formatted(shared.resolve("registry/storage"), port) + tokens.configuration(root));
        registry = new LoopbackServer(List.of(LocalRegistry.program(), "serve", config.toString()), port,
                root.resolve("registry.log"));
    }

    private String host() {
        return "127.0.0.1:" + registry.port();
    }

    private Object[] args(String secret, Object... more) throws IOException {
        Path conf = Files.writeString(root.resolve("registries.conf"),
                "[[registry]]\nprefix = \"quay.io\"\nlocation = \"" + host() + "\"\ninsecure = true\n");
        Object[] ours = {"--registries-conf", conf, "--authfile", Files.writeString(root.resolve("auth.json"), secret)};
        return lab.args(PullLab.list(root, lab.reference(0), lab.reference(6)), root.resolve(PullLab.AI),
                Stream.concat(Stream.of(ours), Stream.of(more)).toArray());
    }

    private ScriptRun pull(String secret) throws IOException {
        return ScriptRun.of(new PullInitial4103(), args(secret));
    }

    /** A pull secret with a key, or with this registry's, for each of these values of auth. */
    private String secret(String... keysAndAuths) {
        StringBuilder json = new StringBuilder();
        for (int i = 0; i < keysAndAuths.length; i += 2) {
            json.append(i == 0 ? "" : ",").append("\"%s%s\": {\"auth\": \"%s\"}".formatted(host(), keysAndAuths[i],
                    keysAndAuths[i + 1]));
        }
        return "{\"auths\": {" + json + "}}";
    }

    private void assertRefused(ScriptRun run, String reason) {
        assertEquals(Cli.FAILED, run.exit(), run::toString);
        assertTrue(run.err().contains(reason.replace("HOST", host())), run.err());
    }

    @Test
    @DisplayName("without any: 401, and how to add some")
    void none() throws IOException {
        assertRefused(pull("{}"), "401, it wants credentials and the pull secret has none for it; add them with "
                + "podman login --authfile FILE HOST\n");
    }

    @Test
    @DisplayName("with wrong ones: 401, and how to renew them")
    void wrong() throws IOException {
        assertRefused(pull(secret("", WRONG)), "401, the credentials are refused; renew them with podman login");
    }

    @Test
    @DisplayName("with the right ones of the registry")
    void right() throws IOException {
        PullLab.assertDone(pull(secret("", RIGHT)));
    }

    @Test
    @DisplayName("with the right ones of the repository's path, whatever the registry's are")
    void byRepository() throws IOException {
        PullLab.assertDone(pull(secret("", WRONG, "/openshift-release-dev", RIGHT)));
        assertEquals(Cli.PARTIAL, pull(secret("", RIGHT, "/openshift-release-dev/ocp-release", WRONG)).exit());
    }

    @Test
    @DisplayName("with those of a credential helper, for the registry or for all")
    void credentialHelper() throws IOException {
        Path helper = Files.writeString(root.resolve("docker-credential-lab"), """
                #!/bin/sh
                read host
                echo "$host" >> "$0.asked"
                printf '{"ServerURL": "%s", "Username": "puller", "Secret": "PASSWORD"}' "$host"
                """.replace("PASSWORD", PASSWORD));
        helper.toFile().setExecutable(true);
        for (String secret : List.of("{\"credHelpers\": {\"" + host() + "\": \"lab\"}}",
                "{\"credsStore\": \"lab\", \"auths\": {\"" + host() + "\": {}}}")) {
            Proc.Result run = Scripts.program(PullInitial4103.class, args(secret))
                    .env("PATH", root + ":" + System.getenv("PATH")).run();
            assertEquals(Cli.DONE, run.exit(), run.err());
        }
        assertTrue(Files.readString(root.resolve("docker-credential-lab.asked")).startsWith(host() + "\n"));
    }

    @Test
    @DisplayName("with a credential helper that is missing: an error that names it")
    void missingHelper() throws IOException {
        assertRefused(pull("{\"credsStore\": \"no-such\"}"),
                "credential helper docker-credential-no-such of " + root.resolve("auth.json") + " failed for HOST");
    }

    @Test
    @DisplayName("by token: the credentials go to the token service, one token a repository to the registry")
    void token() throws IOException {
        tokens("Basic " + RIGHT);
        PullLab.assertDone(pull(secret("", RIGHT)));
        assertEquals(2, tokens.tokens().size());
    }

    @Test
    @DisplayName("by token, the credentials wrong: the token service's refusal is said")
    void tokenRefused() throws IOException {
        tokens("Basic " + RIGHT);
        assertRefused(pull(secret("", WRONG)), "its token service " + tokens.host() + ": 401");
    }

    @Test
    @DisplayName("by token that anybody gets")
    void anonymousToken() throws IOException {
        tokens(null);
        PullLab.assertDone(pull("{}"));
    }

    @Test
    @DisplayName("by token for an identity token")
    void identityToken() throws IOException {
        tokens(PASSWORD);
        PullLab.assertDone(pull("{\"auths\": {\"" + host() + "\": {\"identitytoken\": \"" + PASSWORD + "\"}}}"));
    }

    @Test
    @DisplayName("shows no password and no token: in none of its output, no process's arguments, no file it wrote")
    void nothingLeaks() throws Exception {
        tokens("Basic " + RIGHT);
        Proc script = Scripts.program(PullInitial4103.class, args(secret("", RIGHT), "--verbose", "--json"));
        CompletableFuture<Proc.Result> run = CompletableFuture.supplyAsync(script::run, r -> new Thread(r).start());
        StringBuilder seen = new StringBuilder();
        boolean sampled = false;
        while (!run.isDone()) {
            String arguments = arguments();
            sampled |= arguments.contains("PullInitial4103");
            seen.append(arguments);
        }
        assertEquals(Cli.DONE, run.get().exit(), run.get().err());
        assertTrue(sampled && !tokens.tokens().isEmpty());
        seen.append(run.get().out()).append(run.get().err());
        Files.delete(root.resolve("auth.json"));
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                seen.append(Files.readString(file, StandardCharsets.ISO_8859_1));
            }
        }
        for (String secret : Stream.concat(Stream.of(PASSWORD, RIGHT), tokens.tokens().stream()).toList()) {
            assertFalse(seen.indexOf(secret) >= 0, () -> secret + " was seen");
        }
    }

    /** Every process's argv. */
    private static String arguments() throws IOException {
        StringBuilder all = new StringBuilder();
        try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
            for (Path process : processes.filter(p -> p.getFileName().toString().matches("\\d+")).toList()) {
                try {
                    all.append(Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1)).append('\n');
                } catch (IOException ended) {
                    // since it was listed
                }
            }
        }
        return all.toString();
    }
}

//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/registry/Credentials.java
//SOURCES ../container-images/images-4.10.3/pull-initial-4.10.3.java
//SOURCES PullLab.java
//SOURCES ScriptRun.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Optional;

import com.google.cloud.tools.jib.api.Credential;
import common.cli.Cli;
import common.registry.Credentials;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("The pull secret")
class CredentialsTest {
    @TempDir
    Path folder;

    private Path file(String json) throws IOException {
        return Files.writeString(folder.resolve("auth.json"), json);
    }

    private Optional<String> userOf(String json, String host, String repository) throws IOException {
        return Credentials.read(file(json)).of(host, repository).map(Credential::getUsername);
    }

    /** An auth.json with one user for each of these keys: the key is the user's name. */
    private static String users(String... keys) {
        StringBuilder json = new StringBuilder();
        for (String key : keys) {
            String auth = Base64.getEncoder().encodeToString((key.replace(':', '+') + ":pass:word").getBytes());
            json.append(json.isEmpty() ? "" : ", ").append("\"%s\": {\"auth\": \"%s\"}".formatted(key, auth));
        }
        return "{\"auths\": {" + json + "}}";
    }

    @ParameterizedTest
    @CsvSource({"quay.io, org/name, quay.io/org/name", "quay.io, org/name/deep, quay.io/org/name",
        "quay.io, org/names, quay.io/org", "quay.io, organic/name, quay.io", "quay.io+5000, org/name, quay.io+5000"})
    @DisplayName("the longest matching path of whole components counts, then the registry")
    void longestPath(String host, String repository, String expected) throws IOException {
        String json = users("quay.io", "quay.io/org", "quay.io/org/name", "quay.io:5000", "quay.io/other");
        assertEquals(Optional.of(expected), userOf(json, host.replace('+', ':'), repository));
    }

    @Test
    @DisplayName("a registry that it does not name is asked as anybody")
    void anybody() throws IOException {
        assertEquals(Optional.empty(), userOf(users("quay.io", "registry.quay.io"), "my.quay.io", "org/name"));
        assertEquals(Optional.empty(), userOf("{}", "quay.io", "org/name"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"https://quay.io", "https://quay.io/v2/", "http://quay.io/v1/"})
    @DisplayName("Docker's keys, which are URLs, name their host")
    void dockerKeys(String key) throws IOException {
        assertTrue(userOf(users(key), "quay.io", "org/name").isPresent());
    }

    @Test
    @DisplayName("docker.io is found under both of its names")
    void dockerHub() throws IOException {
        assertTrue(userOf(users("docker.io"), "registry-1.docker.io", "library/alpine").isPresent());
        assertTrue(userOf(users("https://index.docker.io/v1/"), "registry-1.docker.io", "library/alpine").isPresent());
    }

    @Test
    @DisplayName("a password may hold colons, and may stand in clear beside its user")
    void passwords() throws IOException {
        Credentials encoded = Credentials.read(file(users("quay.io")));
        assertEquals("pass:word", encoded.of("quay.io", "a").orElseThrow().getPassword());
        String clear = "{\"auths\": {\"quay.io\": {\"username\": \"u\", \"password\": \"p\"}}}";
        assertEquals("p", Credentials.read(file(clear)).of("quay.io", "a").orElseThrow().getPassword());
    }

    @Test
    @DisplayName("an identity token is one, whatever else stands beside it")
    void identityToken() throws IOException {
        String json = "{\"auths\": {\"quay.io\": {\"auth\": \"dTpw\", \"identitytoken\": \"abc\"}}}";
        assertTrue(Credentials.read(file(json)).of("quay.io", "a").orElseThrow().isOAuth2RefreshToken());
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"auths\": {\"quay.io\": {\"auth\": \"c2VjcmV0\"}}}",
        "{\"auths\": {\"quay.io\": {\"auth\": \"s\"}}}", "{\"auths\": {\"quay.io\": {\"secret\": \"secret\"}}}"})
    @DisplayName("an entry that cannot be read: an error that names the file and the entry but nothing secret")
    void unreadableEntry(String json) throws IOException {
        Credentials credentials = Credentials.read(file(json));
        Cli.Failure failure = assertThrows(Cli.Failure.class, () -> credentials.of("quay.io", "a"));
        assertEquals("pull secret " + folder.resolve("auth.json")
                + ": the entry of quay.io is not base64 of user:password", failure.getMessage());
    }

    @Test
    @DisplayName("a file that is no JSON: an error that does not quote it")
    void notJson() throws IOException {
        Path file = file("{\"auths\": hunter2}");
        Cli.Failure failure = assertThrows(Cli.Failure.class, () -> Credentials.read(file));
        assertFalse(failure.toString().contains("hunter2") || String.valueOf(failure.getCause()).contains("hunter2"));
        assertTrue(failure.getMessage().contains(file.toString()), failure.getMessage());
    }

    @Test
    @DisplayName("a file that is not there: an error that names it")
    void missing() throws IOException {
        ScriptRun run = ScriptRun.of(new PullInitial4103(), "--list", PullLab.list(folder, "quay.io/a/b:c"),
                "--folder", folder.resolve("set"), "--authfile", folder.resolve("none"));
        assertEquals(Cli.FAILED, run.exit());
        assertEquals("error: no pull secret at " + folder.resolve("none") + "; name one with --authfile\n", run.err());
    }
}

package common.registry;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//DEPS com.google.cloud.tools:jib-core:0.27.3

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.cloud.tools.jib.api.Credential;
import com.google.cloud.tools.jib.api.ImageReference;
import com.google.cloud.tools.jib.frontend.CredentialRetrieverFactory;
import com.google.cloud.tools.jib.registry.credentials.CredentialRetrievalException;
import common.cli.Cli;
import common.cli.Json;

/**
 * The pull secret: containers-auth.json(5) or Docker's config.json, in podman's order: the registry's credential
 * helper, the entry of the longest path of the repository, that of the registry, the credential store for all.
 */
public final class Credentials {
    private final JsonNode config;
    private final String file;

    private Credentials(JsonNode config, String file) {
        this.config = config;
        this.file = file;
    }

    /** Reads a pull secret; null looks where podman looks (and at PULL_SECRET_PATH), and none there means anonymous. */
    public static Credentials read(Path authfile) {
        Optional<Path> found = authfile != null ? Optional.of(authfile) : standard(System.getenv());
        if (found.isEmpty()) {
            return new Credentials(Json.object(), "");
        }
        if (!Files.isReadable(found.get())) {
            throw new Cli.Failure("no pull secret at " + found.get() + "; name one with --authfile");
        }
        try { // the parser's own words could quote the secret
            return new Credentials(Json.parse(Files.readAllBytes(found.get()), ""), found.get().toString());
        } catch (IOException | Cli.Failure e) {
            throw new Cli.Failure("pull secret " + found.get() + ": not JSON; get it again from console.redhat.com");
        }
    }

    private static Optional<Path> standard(Map<String, String> env) {
        Optional<String> named = Stream.of("PULL_SECRET_PATH", "REGISTRY_AUTH_FILE").map(env::get)
                .filter(Objects::nonNull).filter(f -> !f.isEmpty()).findFirst();
        if (named.isPresent()) {
            return named.map(Path::of);
        }
        String home = env.getOrDefault("HOME", "/");
        return Stream.of(env.getOrDefault("XDG_RUNTIME_DIR", "/run/containers/0") + "/containers/auth.json",
                "/run/containers/0/auth.json", home + "/.config/containers/auth.json", home + "/.docker/config.json")
                .map(Path::of).filter(Files::isReadable).findFirst();
    }

    /** What to show a registry for one of its repositories; empty: nothing, ask as anybody. */
    public Optional<Credential> of(String host, String repository) {
        String key = host.equals("registry-1.docker.io") ? "docker.io" : host;
        JsonNode helper = config.path("credHelpers").path(key);
        if (helper.isTextual()) {
            return ask(helper.asText(), key);
        }
        JsonNode auths = config.path("auths");
        for (String name = key + "/" + repository; name.contains("/"); name = name.replaceFirst("/[^/]*$", "")) {
            if (auths.has(name)) {
                return Optional.of(credential(auths.get(name), name));
            }
        }
        for (Map.Entry<String, JsonNode> entry : auths.properties()) {
            String name = entry.getKey().replaceFirst("^https?://", "").replaceFirst("/(v[12]/?)?$", "");
            if (name.equals(key) || key.equals("docker.io") && name.equals("index.docker.io")) {
                return entry.getValue().isEmpty() ? store(key)
                        : Optional.of(credential(entry.getValue(), entry.getKey()));
            }
        }
        return store(key);
    }

    private Optional<Credential> store(String key) {
        return config.path("credsStore").isTextual() ? ask(config.get("credsStore").asText(), key) : Optional.empty();
    }

    private Credential credential(JsonNode entry, String name) {
        if (entry.path("identitytoken").isTextual()) {
            return Credential.from(Credential.OAUTH2_TOKEN_USER_NAME, entry.get("identitytoken").asText());
        }
        if (entry.path("username").isTextual() && entry.path("password").isTextual()) {
            return Credential.from(entry.get("username").asText(), entry.get("password").asText());
        }
        try {
            byte[] decoded = Base64.getMimeDecoder().decode(entry.path("auth").asText());
            String pair = new String(decoded, StandardCharsets.UTF_8);
            int colon = pair.indexOf(':');
            return Credential.from(pair.substring(0, colon), pair.substring(colon + 1));
        } catch (IllegalArgumentException | StringIndexOutOfBoundsException e) {
            throw new Cli.Failure("pull secret " + file + ": the entry of " + name + " is not base64 of user:password");
        }
    }

    private Optional<Credential> ask(String helper, String key) {
        try {
            return CredentialRetrieverFactory.forImage(ImageReference.of(key, "any", null), event -> { })
                    .dockerCredentialHelper("docker-credential-" + helper).retrieve();
        } catch (CredentialRetrievalException e) {
            throw new Cli.Failure(Cli.FAILED, "credential helper docker-credential-" + helper + " of " + file
                    + " failed for " + key + "; is it installed and logged in?", e);
        }
    }
}

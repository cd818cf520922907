package common.registry;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../http/Download.java
//SOURCES ../http/Http.java
//SOURCES ../http/Retry.java

import java.nio.charset.StandardCharsets;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Json;
import common.http.Download;
import common.http.Retry;
import okhttp3.Response;

/** A registry's refusal, or its token service's. Another endpoint may do better; the same one will not. */
final class RegistryRefusal extends Download.Refused {
    private static final long serialVersionUID = 1;

    RegistryRefusal(String message) {
        super(message);
    }

    /** What a status means. {@code fromRegistry}: the answer is its own, not that of a host to which it redirected. */
    static String reason(Response response, boolean fromRegistry) {
        String wait = Retry.words(response.header("Retry-After"));
        return switch (response.code()) {
            case 401 -> fromRegistry ? "401, the credentials are refused; renew them with podman login --authfile FILE HOST"
                    : "401";
            case 403 -> fromRegistry ? "403, the credentials do not allow this repository" : "403, forbidden";
            case 404 -> "404, not there";
            case 407 -> "407, the proxy wants other credentials than its address has";
            case 429 -> "429, too many requests" + (wait.isEmpty() ? "; try again later or with fewer --jobs" : wait);
            default -> response.isRedirect() ? response.code() + ", redirected to where we do not follow"
                    : response.code() + wait;
        };
    }

    /** The registry's own words (distribution-spec, "Error Codes"), in parentheses; empty when it has none. */
    static String message(String body) {
        try {
            JsonNode error = Json.parse(body.getBytes(StandardCharsets.UTF_8), "").path("errors").path(0);
            String message = error.path("message").asText(error.path("code").asText(""));
            return message.isEmpty() ? "" : " (" + message.replaceAll("\\s+", " ") + ")";
        } catch (Cli.Failure e) {
            return "";
        }
    }
}

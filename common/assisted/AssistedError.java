package common.assisted;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../http/Retry.java
//SOURCES Validations.java

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Json;
import common.http.Retry;

/**
 * A refusal of the Assisted Installer service. It has two error bodies: {@code {"code": "400", "reason": ...}} of its own
 * code, {@code {"code": 601, "message": ...}} of its request validation and its authentication.
 */
public final class AssistedError extends Cli.Failure {
    private static final String INFO = "validation_info=";
    /** Of a service that is busy, and of a proxy or route before it that does not reach it. */
    private static final Set<Integer> PASSING = Set.of(429, 502, 503, 504);
    private static final Pattern TRANSITION = Pattern.compile(
            "no (?:condition passed to run|match for) transition (?:type )?(\\w+) from state ([\\w-]+)");
    private static final String NOT_THE_SERVICE = "the answer is no JSON but a web page; is --url (AI_URL) the address "
            + "of the Assisted Installer API, and does no proxy stand between?";

    /** The HTTP status. */
    public final int status;
    /** What the service said, one line. */
    public final String reason;

    private AssistedError(String call, int status, String reason) {
        super(call + ": " + status + (reason.isEmpty() ? "" : ", " + reason));
        this.status = status;
        this.reason = reason;
    }

    /** {@code call}: method and path, for the message. A page of HTML comes from something else than the service. */
    static AssistedError of(String call, int status, byte[] body) {
        String text = new String(body, StandardCharsets.UTF_8).strip();
        boolean isPage = text.startsWith("<");
        return new AssistedError(call, status, !isPage ? hint(status, words(text)) : PASSING.contains(status)
                ? "a web page: the proxy or route before the service does not reach it; is the service running?"
                : NOT_THE_SERVICE);
    }

    static Cli.Failure notTheService(String call) {
        return new Cli.Failure(call + ": " + NOT_THE_SERVICE);
    }

    /** Whether the same call may have another answer later; 500 is often the answer to a fault that stays. */
    boolean passes(int tried) {
        return PASSING.contains(status) || status == 500 && tried < Retry.TRIES;
    }

    /** The reason of either body; the validations that a 409 carries whole are cut down to the failed ones. */
    private static String words(String text) {
        JsonNode json;
        try {
            json = Json.parse(text.getBytes(StandardCharsets.UTF_8), "");
        } catch (Cli.Failure e) {
            return text.lines().findFirst().orElse("");
        }
        String reason = json.path("reason").asText(json.path("message").asText("")).replaceAll("\\s+", " ").strip();
        int info = reason.indexOf(INFO);
        if (info < 0) {
            return reason;
        }
        List<String> failed = Validations.of(reason.substring(info + INFO.length())).words();
        return reason.substring(0, info).strip() + (failed.isEmpty() ? "" : ": " + String.join("; ", failed));
    }

    private static String hint(int status, String reason) {
        if (reason.contains("unsupported config version")) {
            return reason + " (said of an invalid 3.2.0 config too; check it with ignition-validate)";
        }
        if (reason.contains("Machine Network CIDR cannot be set with User Managed Networking")) {
            return reason + " but for a single node; leave out --machine-network";
        }
        Matcher state = TRANSITION.matcher(reason);
        if (state.find()) {
            return "what is " + state.group(2) + " takes no " + state.group(1).replaceAll("(?<=[a-z])(?=[A-Z])", " ")
                    .toLowerCase(Locale.ROOT) + " now; status shows how it stands";
        }
        return switch (status) {
            case 401 -> reason + "; log in with --offline-token-file";
            case 404 -> reason + " (or it belongs to another user)";
            default -> reason;
        };
    }
}

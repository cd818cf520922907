//SOURCES ../common/cli/Json.java
//SOURCES AssistedSimulator.java
//SOURCES VirtualTime.java

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

import common.cli.Json;

/** The login of the hosted service before the simulated one: bearer tokens of 15 minutes for an offline token. */
final class HostedLogin implements Function<AssistedSimulator.Asked, AssistedSimulator.Answer> {
    static final String OFFLINE = "eyJhbGciOiJIUzI1NiJ9.offline-secret.signature";
    private static final Duration LIFE = Duration.ofMinutes(15);

    private final VirtualTime time;
    final Map<String, Instant> tokens = new TreeMap<>();
    /** Requests that came with a token that had ended. */
    int late;

    HostedLogin(VirtualTime time) {
        this.time = time;
    }

    @Override
    public synchronized AssistedSimulator.Answer apply(AssistedSimulator.Asked asked) {
        if (asked.path().equals("/token")) {
            if (!asked.body().equals("grant_type=refresh_token&client_id=cloud-services&refresh_token=" + OFFLINE)) {
                return AssistedSimulator.Answer.json(400, Json.object().put("error", "invalid_grant"));
            }
            String token = "bearer-secret-" + tokens.size();
            tokens.put("Bearer " + token, time.now().plus(LIFE));
            return AssistedSimulator.Answer.json(200, Json.object().put("access_token", token)
                    .put("expires_in", LIFE.toSeconds()));
        }
        if (asked.path().startsWith("/images/")) {
            return null;
        }
        Instant ends = asked.authorization() == null ? null : tokens.get(asked.authorization());
        if (ends == null || time.now().isAfter(ends)) {
            late += ends == null ? 0 : 1;
            return AssistedSimulator.Answer.json(401, Json.object().put("code", 401).put("message", "token is not valid"));
        }
        return null;
    }
}

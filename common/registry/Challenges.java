package common.registry;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The challenges of {@code WWW-Authenticate} headers (RFC 9110 section 11.6.1), several in one header or each in its own.
 * Lenient where registries are: of a parameter that is there twice the last counts, and what is no challenge is skipped.
 */
final class Challenges {
    private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
    private static final Pattern PARAMETER = Pattern.compile("(" + TOKEN + ")\\s*=\\s*(?:\"((?:[^\"\\\\]|\\\\.)*)\"|([^\\s,\"]*))");
    private static final Pattern SCHEME = Pattern.compile("(" + TOKEN + ")(?=\\s|,|$)(?!\\s*=)");

    private Challenges() {
    }

    /** A scheme as it was written, and its parameters by their names in lower case. */
    record Challenge(String scheme, Map<String, String> parameters) {
        boolean is(String name) {
            return scheme.equalsIgnoreCase(name);
        }

        /** Whether the parameter is there and says something. */
        boolean has(String parameter) {
            return !get(parameter).isBlank();
        }

        String get(String parameter) {
            return parameters.getOrDefault(parameter, "");
        }
    }

    static List<Challenge> of(List<String> headers) {
        List<Challenge> challenges = new ArrayList<>();
        for (String header : headers) {
            Matcher scheme = SCHEME.matcher(header);
            Matcher parameter = PARAMETER.matcher(header);
            for (int at = 0; at < header.length();) {
                if (scheme.region(at, header.length()).lookingAt()) {
                    challenges.add(new Challenge(scheme.group(1), new HashMap<>()));
                    at = scheme.end();
                } else if (!challenges.isEmpty() && parameter.region(at, header.length()).lookingAt()) {
                    String value = parameter.group(2) != null ? parameter.group(2).replaceAll("\\\\(.)", "$1")
                            : parameter.group(3);
                    challenges.get(challenges.size() - 1).parameters
                            .put(parameter.group(1).toLowerCase(Locale.ROOT), value);
                    at = parameter.end();
                } else {
                    at++;
                }
            }
        }
        return challenges;
    }
}

package common.oci;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An image reference with its registry host (github.com/distribution/reference, the grammar of its package comment; a
 * digest is a sha256). {@code tag} and {@code digest} are null where there is none. It is what a list gives to a pull, so it
 * is strict: what another registry client would read otherwise is not one. A registry that answers for many hosts names
 * repositories by its own record, in common/distribution.
 *
 * @param repository with the host, as written: {@code quay.io/org/name}
 */
public record ImageReference(String repository, String tag, String digest) {
    private static final String HOST = "(?:localhost|[A-Za-z0-9][A-Za-z0-9-]*(?:\\.[A-Za-z0-9-]+)*)(?::\\d{1,5})?";
    private static final String COMPONENT = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
    private static final String TAG = "\\w[\\w.-]{0,127}";
    private static final Pattern REFERENCE = Pattern.compile("(" + HOST + "(?:/" + COMPONENT + ")+)(?::(" + TAG
            + "))?(?:@(sha256:[0-9a-f]{64}))?");

    /** Empty when it is not one, or names no host: a short name would mean another image on another host. */
    static Optional<ImageReference> parse(String text) {
        Matcher parts = REFERENCE.matcher(text);
        String host = text.split("/", 2)[0];
        boolean isHost = host.contains(".") || host.contains(":") || host.equals("localhost");
        return isHost && parts.matches() ? Optional.of(new ImageReference(parts.group(1), parts.group(2), parts.group(3)))
                : Optional.empty();
    }

    /** What a registry is asked for. */
    public String tagOrDigest() {
        return digest != null ? digest : tag != null ? tag : "latest";
    }
}

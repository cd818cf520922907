package common.distribution;

//SOURCES ../cli/Cli.java

import java.util.Locale;
import java.util.regex.Pattern;

import common.cli.Cli;

/**
 * An image reference that names its host: {@code HOST[:PORT]/PATH[:TAG][@DIGEST]} (the grammar is that of
 * distribution/reference, reference.go). It is what the node's registry keeps: read leniently from lists that a pull wrote
 * and from probes of a configuration, compared by the repository alone, so it has no digest. What is given to a pull is
 * ImageReference of common/oci.
 *
 * @param repository as the reference has it, {@code quay.io/org/name}; with {@code library/} where Docker Hub implies it
 * @param tag null when there is none
 */
public record Reference(String repository, String tag) {
    private static final String HOST = "[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]{1,5})?|\\[[0-9a-fA-F:]+](?::[0-9]{1,5})?";
    private static final String COMPONENT = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*+";
    private static final Pattern REPOSITORY = Pattern.compile("(?:" + HOST + ")(?:/" + COMPONENT + ")++");
    private static final Pattern PATH = Pattern.compile(COMPONENT + "(?:/" + COMPONENT + ")*+");
    private static final Pattern TAG = Pattern.compile("\\w[\\w.-]{0,127}");
    private static final int MAX_NAME = 255;

    /** Throws {@link Cli.Failure} when it is not of that form. */
    public static Reference parse(String text) {
        String name = text.replaceFirst("@.*", "");
        int colon = name.lastIndexOf(':');
        String tag = colon > name.lastIndexOf('/') ? name.substring(colon + 1) : null;
        String repository = tag == null ? name : name.substring(0, colon);
        if (repository.length() > MAX_NAME || !REPOSITORY.matcher(repository).matches() || tag != null && !isTag(tag)) {
            throw new Cli.Failure("not a reference with host and repository: " + text);
        }
        boolean official = repository.startsWith("docker.io/") && repository.indexOf('/') == repository.lastIndexOf('/');
        return new Reference(official ? repository.replace("/", "/library/") : repository, tag);
    }

    /**
     * Under which name a registry for many hosts has the repository: the host first; a colon, which a repository's name
     * may not have, becomes an underscore.
     */
    public static String path(String repository) {
        String host = repository.split("/", 2)[0];
        return host.replaceAll("[\\[\\]]", "").replace(':', '_').toLowerCase(Locale.ROOT) + repository.substring(host.length());
    }

    /** Whether a registry may have a repository of that name (distribution specification, "Pulling manifests"). */
    static boolean isPath(String name) {
        return name.length() <= MAX_NAME && PATH.matcher(name).matches();
    }

    static boolean isTag(String text) {
        return TAG.matcher(text).matches();
    }
}

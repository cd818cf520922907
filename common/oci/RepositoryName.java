package common.oci;

/**
 * A repository's name as containers/image compares it (docker/reference, "normalized named"): docker.io also under its
 * old name, its official images in {@code library/}. Ports and other hosts stay as they are.
 */
public final class RepositoryName {
    private RepositoryName() {
    }

    /** {@code index.docker.io/nginx} is {@code docker.io/library/nginx}; a tag or digest behind it stays. */
    public static String normalized(String name) {
        String hub = name.replaceFirst("^index\\.docker\\.io/", "docker.io/");
        return hub.matches("docker\\.io/[^/]+") ? hub.replaceFirst("/", "/library/") : hub;
    }

    /** The name by which containers-storage has a reference: one without tag and digest is {@code :latest} there. */
    public static String inStorage(String reference) {
        String name = normalized(reference);
        boolean tagged = name.contains("@") || name.substring(name.lastIndexOf('/')).contains(":");
        return tagged ? name : name + ":latest";
    }
}

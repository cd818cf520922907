package common.release;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What differs between OpenShift releases as far as staging goes, in one place. Sources: openshift/assisted-service and
 * openshift/installer (who pulls what, when), openshift/machine-config-operator (names of the operating system's images).
 *
 * @param minor 10 for 4.10; that of 5.0, which follows 4.22, is 23
 */
public record ReleaseModel(int minor) {
    /** Payload that the discovery stage of 4.10 needs (the original's create-ai-list.sh). */
    public static final List<String> INITIAL = List.of("must-gather", "hyperkube", "cloud-credential-operator",
            "cluster-policy-controller", "pod", "cluster-config-operator", "cluster-etcd-operator",
            "cluster-kube-controller-manager-operator", "cluster-kube-scheduler-operator", "machine-config-operator",
            "etcd", "cluster-bootstrap", "cluster-ingress-operator", "cluster-kube-apiserver-operator");
    /** What bootkube renders with since 4.13, in the releases that have it. */
    private static final List<String> RENDERING = List.of("cluster-node-tuning-operator", "cluster-config-api");
    private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+)(\\D.*)?");
    private static final int LAST_OF_RHEL_8 = 12;
    private static final int FIRST_OF_5 = 23;

    /** Of a version such as {@code 4.12.0-rc.1}, which {@link ReleaseImage#isVersion}. */
    public static ReleaseModel of(String version) {
        Matcher parts = VERSION.matcher(version);
        if (!parts.matches()) {
            throw new IllegalArgumentException(version);
        }
        int minor = Integer.parseInt(parts.group(2));
        return new ReleaseModel(Integer.parseInt(parts.group(1)) < 5 ? minor : FIRST_OF_5 + minor);
    }

    /**
     * Images of the operating system, by the names that a payload may have for them; a release has some of these. No
     * container runs from them: rpm-ostree and ostree pull them, always from a registry.
     */
    public List<String> operatingSystem() {
        return minor < 12 ? List.of("machine-os-content") : minor == 12 ? List.of("machine-os-content", "rhel-coreos-8")
                : minor < 21 ? List.of("rhel-coreos") : List.of("rhel-coreos", "rhel-coreos-10");
    }

    /** Images with packages that are layered on the operating system, a real-time kernel say; none before 4.12. */
    public List<String> extensions() {
        return minor < 12 ? List.of() : operatingSystem().stream().filter(n -> n.startsWith("rhel-")).map(n -> n + "-extensions")
                .toList();
    }

    /** Payload that the discovery stage must have. */
    public List<String> discovery() {
        return INITIAL;
    }

    /**
     * Payload that the discovery stage takes too where the release has it: from 4.13 on bootkube renders with more
     * operators, from 4.15 the operating system is deployed and from 4.19 run there.
     */
    public List<String> discoveryIfThere() {
        List<String> names = new ArrayList<>();
        if (minor > LAST_OF_RHEL_8) {
            names.addAll(RENDERING);
            names.addAll(operatingSystem());
            names.addAll(extensions());
        }
        return names;
    }

    /** Whether that payload is pulled on site, and never run. */
    public boolean isPulledWhole(String name) {
        return operatingSystem().contains(name) || extensions().contains(name);
    }

    /** CRI-O's version, which is Kubernetes': {@code 1.23} for 4.10. */
    public String crio() {
        return "1." + (minor + 13);
    }

    /** The version of the node's kernel, that of its RHEL: 8 up to 4.12, 9 after. */
    public String kernel() {
        return minor <= LAST_OF_RHEL_8 ? "4.18" : "5.14";
    }

    /** Whether the node's kernel mounts a squashfs of zstd: RHEL 8's, or that of what is no version, is not known to. */
    public static boolean mountsZstd(String release) {
        return VERSION.matcher(release).matches() && of(release).minor > LAST_OF_RHEL_8;
    }
}

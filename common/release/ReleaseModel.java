package common.release;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What differs between OpenShift releases as far as staging goes, in one place; docs/releases.md shows it as a table.
 * Sources: openshift/assisted-service and openshift/installer (who pulls what, when), openshift/machine-config-operator, branch
 * release-4.N (names of the operating system's images in install/image-references, Ignition, CRI-O's settings in
 * templates/), and what each method names.
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
    /** What counts for a release that nobody named: its nodes know least, and newer ones know all that it knows. */
    public static final ReleaseModel OLDEST = new ReleaseModel(10);

    /** Of a version such as {@code 4.12.0-rc.1}, which {@link ReleaseImage#isVersion}. */
    public static ReleaseModel of(String version) {
        Matcher parts = VERSION.matcher(version);
        if (!parts.matches()) {
            throw new IllegalArgumentException(version);
        }
        int minor = Integer.parseInt(parts.group(2));
        return new ReleaseModel(Integer.parseInt(parts.group(1)) < 5 ? minor : FIRST_OF_5 + minor);
    }

    /** That of a version; {@link #OLDEST} for null and for what is no version. */
    public static ReleaseModel orOldest(String release) {
        return release != null && VERSION.matcher(release).matches() ? of(release) : OLDEST;
    }

    /** That of the oldest; {@link #OLDEST} where there are none, or where one is no version. */
    public static ReleaseModel ofOldest(Collection<String> releases) {
        return releases.stream().map(ReleaseModel::orOldest).min(Comparator.comparing(ReleaseModel::minor)).orElse(OLDEST);
    }

    /** {@code 4.18}, {@code 5.0}. */
    public String shown() {
        return minor < FIRST_OF_5 ? "4." + minor : "5." + (minor - FIRST_OF_5);
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

    /** The version of the node's kernel, that of its RHEL (access.redhat.com/articles/3078): 8 up to 4.12, 9 after. */
    public String kernel() {
        return isOfRhel8() ? "4.18" : "5.14";
    }

    /** The version of the node's glibc, that of its RHEL (package glibc of RHEL 8 and 9): what a Java runtime may ask for. */
    public String glibc() {
        return isOfRhel8() ? "2.28" : "2.34";
    }

    /** Whether the node's kernel mounts a squashfs of zstd (CONFIG_SQUASHFS_ZSTD): that of RHEL 8 is not known to. */
    public boolean mountsZstd() {
        return !isOfRhel8();
    }

    private boolean isOfRhel8() {
        return minor <= LAST_OF_RHEL_8;
    }

    /**
     * The newest Ignition specification that the Machine Config Operator takes (pkg/controller/common, IgnParseWrapper); it
     * takes all 3.x before, too. The Assisted Installer reads 3.1 and 3.2 (internal/ignition, ParseToLatest).
     */
    public String ignition() {
        return minor < 13 ? "3.2" : minor < 19 ? "3.4" : "3.5";
    }

    /** Whether CRI-O knows {@code pinned_images}, which keeps the kubelet from collecting images: since 1.28 (crio.conf(5)). */
    public boolean pinsImages() {
        return minor >= 15;
    }

    /**
     * Whether CRI-O wipes what looks damaged after an unclean end, {@code internal_repair} (crio.conf(5)): the default since
     * 1.31, and set in the operator's crio.yaml since 4.18.
     */
    public boolean repairsStorage() {
        return minor >= 18;
    }

    /** Which of the payload a node refuses to run without its sigstore signature. */
    public enum SignedPayload {
        NONE("none"), CONFIGURED("what a policy of the site names"), RELEASE("the release image"), ALL("all payload");

        /** As people say it. */
        public final String shown;

        SignedPayload(String shown) {
            this.shown = shown;
        }
    }

    /**
     * From CRI-O 1.31 on a container's image is checked again when it is made (cri-o, internal/storage/image.go); what the
     * default policy covers is in openshift/cluster-update-keys, 0000_90_openshift-cluster-image-policy.yaml.
     */
    public SignedPayload signed() {
        return minor < 18 ? SignedPayload.NONE : minor < 21 ? SignedPayload.CONFIGURED : minor < 22 ? SignedPayload.RELEASE
                : SignedPayload.ALL;
    }

    /** The kind by which a hub is told of a site: ClusterInstance (stolostron/siteconfig) since SiteConfig is deprecated. */
    public String site() {
        return minor < 18 ? "SiteConfig" : "ClusterInstance";
    }
}

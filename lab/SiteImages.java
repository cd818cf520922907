//SOURCES Corpus.java
//SOURCES FileLayer.java
//SOURCES ImagePush.java

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Which images play what part on site, as references. No container runs from the operating system's and the extensions'
 * image; {@code always} is the tag that a pod with imagePullPolicy Always names, and only the node's registry has it.
 */
record SiteImages(String release, String machineConfigOperator, String mustGather, String installer,
        String operatingSystem, String extensions, String always) {
    /** The second word of the line of the image that {@link #always} is. */
    static final String ALWAYS_TAG = "pod-by-tag";
    private static final String ART = "openshift-release-dev/ocp-v4.0-art-dev";
    private static final int LAYERS = 8;
    private static final int LAYER_BYTES = 400_000;

    /** Pushes those of which no container runs to the registry on this port of loopback; the others are the corpus's. */
    static SiteImages publish(int port, Corpus.Published corpus) throws IOException {
        ImagePush push = new ImagePush(port);
        List<FileLayer> layers = new ArrayList<>();
        for (int i = 0; i < LAYERS; i++) {
            byte[] content = new byte[LAYER_BYTES];
            new Random(i).nextBytes(content);
            layers.add(FileLayer.with("usr/lib/part-" + i, content).gzip());
        }
        FileLayer packages = FileLayer.with("usr/share/rpm-ostree/extensions/kernel-rt.rpm", "a package\n").gzip();
        return new SiteImages(corpus.references().get(0), corpus.references().get(Corpus.MULTI_ARCH),
                corpus.references().get(Corpus.OCI), corpus.references().get(2),
                "quay.io/" + ART + "@" + push.push(ART, "operating-system", layers),
                "quay.io/" + ART + "@" + push.push(ART, "extensions", List.of(packages)),
                "quay.io/" + ART + ":" + ALWAYS_TAG);
    }

    /** As variables of a shell. */
    String shell() {
        return "RELEASE=" + release + "\nMACHINE_CONFIG_OPERATOR=" + machineConfigOperator + "\nMUST_GATHER="
                + mustGather + "\nINSTALLER=" + installer + "\nOPERATING_SYSTEM=" + operatingSystem + "\nEXTENSIONS="
                + extensions + "\nALWAYS=" + always + "\n";
    }
}

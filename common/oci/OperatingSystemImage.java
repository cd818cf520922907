package common.oci;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES Descriptor.java
//SOURCES ImageList.java
//SOURCES Manifest.java
//SOURCES OciLayout.java

import java.io.UncheckedIOException;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

import common.cli.Cli;
import common.cli.Json;

/**
 * The image that carries a release's operating system, machine-os-content up to 4.12. No list need mark it {@code
 * !whole}: its config has the label by which the Machine Config Operator finds the commit to boot
 * (openshift/machine-config-operator, pkg/daemon/rpm-ostree.go; openshift/os writes it, coreos-assembler's oscontainer).
 */
public final class OperatingSystemImage {
    private static final String COMMIT = "com.coreos.ostree-commit";

    private OperatingSystemImage() {
    }

    /** The list with that mark on what the set holds as such an image. */
    public static ImageList mark(ImageList list, OciLayout set) {
        Map<String, Descriptor> images = set.images().stream().filter(i -> i.name() != null)
                .collect(Collectors.toMap(Descriptor::name, Function.identity(), (first, second) -> second));
        return new ImageList(list.file(), list.entries().stream().map(e -> new ImageList.Entry(e.text(), e.reference(),
                e.tags(), e.whole() || images.containsKey(e.text()) && isOne(set, images.get(e.text())))).toList());
    }

    private static boolean isOne(OciLayout set, Descriptor image) {
        try {
            Manifest manifest = set.manifest(image.digest());
            if (manifest.isList()) {
                return manifest.manifests().stream().anyMatch(m -> set.holds(m) && isOne(set, m));
            }
            Descriptor config = manifest.blobs().get(0);
            return config.size() <= Manifest.MAX_BYTES && set.holds(config)
                    && Json.read(set.blob(config.digest())).path("config").path("Labels").has(COMMIT);
        } catch (Cli.Failure | UncheckedIOException e) {
            return false; // not there, or damaged: others say so
        }
    }
}

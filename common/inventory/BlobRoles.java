package common.inventory;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../oci/Descriptor.java
//SOURCES ../oci/Digest.java
//SOURCES ../oci/ImageList.java
//SOURCES ../oci/Manifest.java
//SOURCES ../oci/OciLayout.java
//SOURCES ../oci/OperatingSystemImage.java
//SOURCES Role.java

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

import common.cli.Cli;
import common.oci.Descriptor;
import common.oci.Digest;
import common.oci.ImageList;
import common.oci.Manifest;
import common.oci.OciLayout;
import common.oci.OperatingSystemImage;

/** Works out from the manifests of image sets what each blob is to them. */
final class BlobRoles {
    private final Map<Digest, Role> roles = new HashMap<>();

    /** Adds a set, {@code list} being its image list. What a set that is not whole lacks has no role. */
    void add(OciLayout set, Path list) {
        try {
            Set<String> whole = OperatingSystemImage.mark(ImageList.read(list), set).entries().stream().filter(ImageList.Entry::whole)
                    .map(ImageList.Entry::text).collect(Collectors.toSet());
            set.images().forEach(image -> add(set, image, whole.contains(image.name())));
        } catch (Cli.Failure e) {
            Cli.warn(e.getMessage());
        }
    }

    private void add(OciLayout set, Descriptor image, boolean whole) {
        Manifest manifest;
        try {
            manifest = set.manifest(image.digest());
        } catch (UncheckedIOException | Cli.Failure missing) {
            return;
        }
        put(image, Role.MANIFEST);
        manifest.manifests().stream().filter(set::holds).forEach(m -> add(set, m, whole));
        manifest.layers().forEach(layer -> put(layer, whole ? Role.WHOLE : Role.LAYER));
        manifest.blobs().stream().limit(1).forEach(config -> put(config, whole ? Role.WHOLE : Role.CONFIG));
    }

    private void put(Descriptor blob, Role role) {
        roles.merge(blob.digest(), role, Role::more);
    }

    /** Null for a blob that no image of these sets needs. */
    Role of(Digest blob) {
        return roles.get(blob);
    }
}

package common.verify;

//SOURCES ../cli/Cli.java
//SOURCES ../inventory/ArtifactTree.java
//SOURCES ../oci/Descriptor.java
//SOURCES ../oci/ImageList.java
//SOURCES ../oci/Loadable.java
//SOURCES ../oci/Manifest.java
//SOURCES ../oci/OciLayout.java
//SOURCES ../oci/OperatingSystemImage.java
//SOURCES Fault.java
//SOURCES Findings.java

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

import common.cli.Cli;
import common.inventory.ArtifactTree;
import common.oci.Descriptor;
import common.oci.ImageList;
import common.oci.Loadable;
import common.oci.Manifest;
import common.oci.OciLayout;
import common.oci.OperatingSystemImage;

/** Whether every listed image of the sets is complete: index, manifests, and blobs of the size that these state. */
final class SetCheck {
    private final Findings findings;
    /** What needs a blob: the first image, and how many more. */
    private final Map<Path, String> neededBy = new HashMap<>();
    private final Map<Path, Integer> needs = new HashMap<>();
    private final Map<ArtifactTree.ImageSet, List<String>> references = new LinkedHashMap<>();
    private final Map<OciLayout, List<Descriptor>> whole = new LinkedHashMap<>();
    private int images;

    SetCheck(Findings findings) {
        this.findings = findings;
    }

    /** Of how many images all is here that must be. */
    int images() {
        return images;
    }

    /** The references by which the images of each set must answer on the node. */
    Map<ArtifactTree.ImageSet, List<String>> references() {
        return references;
    }

    /** The complete images, by their set. */
    Map<OciLayout, List<Descriptor>> whole() {
        return whole;
    }

    /** Whether an image needs the blob. */
    boolean isNeeded(Path blob) {
        return neededBy.containsKey(blob);
    }

    /** Every blob that an image needs. */
    Set<Path> needed() {
        return neededBy.keySet();
    }

    /** For a line about a damaged blob: what it is good for. */
    String use(Path blob) {
        int more = needs.getOrDefault(blob, 0) - 1;
        return more < 0 ? "" : "; of " + neededBy.get(blob) + (more > 0 ? " and " + more + " more images" : "");
    }

    /**
     * Looks at one set.
     *
     * @param needed whether a blob that its images reach must be here
     */
    void add(ArtifactTree.ImageSet set, Predicate<Descriptor> needed) throws IOException {
        Path folder = set.layout().folder();
        ImageList list;
        Map<String, Descriptor> stored = new HashMap<>();
        try {
            list = OperatingSystemImage.mark(ImageList.read(set.list() != null ? set.list()
                    : ImageList.in(folder, set.name())), set.layout());
            set.layout().images().forEach(i -> stored.put(i.name(), i));
        } catch (Cli.Failure e) {
            findings.wrong(Fault.UNREADABLE, folder, findings.relative(e.getMessage()));
            return;
        }
        List<String> names = references.computeIfAbsent(set, n -> new ArrayList<>());
        for (ImageList.Entry entry : list.entries()) {
            if (!entry.whole()) {
                Stream.concat(Stream.of(entry.text()), entry.tags().stream().map(t -> entry.repository() + ":" + t))
                        .distinct().forEach(names::add);
            }
            Descriptor image = stored.get(entry.text());
            if (image == null && Files.exists(folder.resolve(entry.tarballName() + ".tgz"))) {
                images++;
            } else if (image == null) {
                findings.wrong(Fault.MISSING, set.layout().index(), "lacks " + entry.text() + "; pull this set again");
            } else if (entry.text().contains("@") && !entry.text().endsWith("@" + image.digest())) {
                findings.wrong(Fault.INCONSISTENT, set.layout().index(), "has " + image.digest() + " as "
                        + entry.text());
            } else {
                image(set.layout(), entry, image, needed);
            }
        }
    }

    private void image(OciLayout layout, ImageList.Entry entry, Descriptor image, Predicate<Descriptor> needed)
            throws IOException {
        String reference = entry.text();
        Set<Descriptor> reached;
        try {
            reached = layout.reach(image);
        } catch (UncheckedIOException e) {
            boolean missing = e.getCause() instanceof NoSuchFileException;
            findings.wrong(missing ? Fault.MISSING : Fault.UNREADABLE, layout.blob(image.digest()),
                    (missing ? "missing" : Cli.describe(e)) + ", a manifest of "
                    + reference);
            return;
        } catch (Cli.Failure e) {
            findings.wrong(Fault.INCONSISTENT, layout.index(), reference + ": " + findings.relative(e.getMessage()));
            return;
        }
        boolean complete = true;
        boolean layers = reached.stream().allMatch(needed);
        for (Descriptor blob : reached.stream().filter(needed).toList()) {
            Path file = layout.blob(blob.digest());
            boolean first = neededBy.putIfAbsent(file, reference) == null;
            needs.merge(file, 1, Integer::sum);
            if (!layout.holds(blob)) {
                complete = false;
                if (first) {
                    boolean there = Files.exists(file);
                    findings.wrong(there ? Fault.DAMAGED : Fault.MISSING, file, (there ? Files.size(file)
                            + " bytes instead of " + blob.size() : "missing") + "; of " + reference);
                }
            }
        }
        if (complete) {
            images++;
            if (!entry.whole()) {
                unloadable(layout, entry, image);
            }
        }
        if (complete && layers) {
            whole.computeIfAbsent(layout, l -> new ArrayList<>()).add(image);
        }
    }

    /** What the node's skopeo would refuse, though every byte is right. */
    private void unloadable(OciLayout layout, ImageList.Entry entry, Descriptor image) throws IOException {
        List<Manifest> manifests = new ArrayList<>(List.of(layout.manifest(image.digest())));
        for (Descriptor child : manifests.get(0).manifests()) {
            if (layout.holds(child)) {
                manifests.add(layout.manifest(child.digest()));
            }
        }
        List<String> reasons = new ArrayList<>(Loadable.image(entry, manifests));
        for (Manifest manifest : manifests) {
            Descriptor config = manifest.isList() ? null : manifest.blobs().get(0);
            if (config != null && reasons.isEmpty() && layout.holds(config)) {
                reasons.addAll(Loadable.config(Files.readAllBytes(layout.blob(config.digest()))));
            }
        }
        reasons.forEach(why -> findings.wrong(Fault.NOT_LOADABLE, layout.index(), entry.text()
                + " is whole, and no node loads it: " + why));
    }
}

//SOURCES ../common/cli/Json.java
//SOURCES ../common/oci/Digest.java
//SOURCES ../common/release/ReleaseModel.java
//SOURCES FileLayer.java
//SOURCES ImagePush.java

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Json;
import common.oci.Digest;
import common.release.ReleaseModel;

/**
 * An OpenShift release in small: a release image whose {@code release-manifests/image-references} names a payload of
 * one image for each of {@link #names}, which share a base layer. Layers are plain tars, so that digests are the same
 * on every host and an expected list can be checked in.
 */
final class ReleaseCorpus {
    static final String REFERENCES = "release-manifests/image-references";
    private static final String ART = "openshift-release-dev/ocp-v4.0-art-dev";
    private static final String RELEASE = "openshift-release-dev/ocp-release";
    private static final List<String> CLOUDS = List.of("aws-cloud-controller-manager", "azure-disk-csi-driver",
            "azure-machine-controllers", "gcp-pd-csi-driver");
    private static final List<String> OTHERS = List.of("cluster-version-operator", "console", "coredns", "oauth-server",
            "ovn-kubernetes", "prometheus");

    private final ImagePush push;
    private final Path registriesConf;

    /** {@code payload}: tag name -> reference. */
    record Published(String version, String pinned, SortedMap<String, String> payload) {
    }

    private ReleaseCorpus(ImagePush push, Path registriesConf) {
        this.push = push;
        this.registriesConf = registriesConf;
    }

    /** For a registry on loopback; a registries.conf that maps quay.io to it goes into the folder. */
    static ReleaseCorpus on(int port, Path folder) throws IOException {
        Path conf = Files.writeString(folder.resolve("release-registries.conf"), """
                [[registry]]
                prefix = "quay.io"
                location = "127.0.0.1:%d"
                insecure = true
                """.formatted(port));
        return new ReleaseCorpus(new ImagePush(port), conf);
    }

    Path registriesConf() {
        return registriesConf;
    }

    static List<String> names() {
        List<String> names = new ArrayList<>(ReleaseModel.INITIAL);
        names.addAll(CLOUDS);
        names.addAll(OTHERS);
        return names.stream().sorted().toList();
    }

    /** Pushes payload and release image of a version, its tag {@code VERSION-x86_64}. */
    Published publish(String version) throws IOException {
        SortedMap<String, String> payload = payload(version);
        return new Published(version, release(version, List.of(base(), references(version, payload).plain())), payload);
    }

    /** Pushes a release image of these layers and no payload; returns its reference by digest. */
    String release(String version, List<FileLayer> layers) throws IOException {
        return "quay.io/" + RELEASE + "@" + push.push(RELEASE, version + "-x86_64", layers);
    }

    private SortedMap<String, String> payload(String version) throws IOException {
        SortedMap<String, String> payload = new TreeMap<>();
        FileLayer base = base();
        List<String> names = new ArrayList<>(names());
        names.addAll(ReleaseModel.of(version).discoveryIfThere());
        for (String name : names) {
            byte[] own = (name + " of " + version + "\n").repeat(1000).getBytes(StandardCharsets.UTF_8);
            FileLayer program = FileLayer.with("usr/bin/" + name, own).plain();
            Digest digest = push.push(ART, version + "-" + name, List.of(base, program));
            payload.put(name, "quay.io/" + ART + "@" + digest);
        }
        return payload;
    }

    static FileLayer base() {
        return FileLayer.with("etc/os-release", "ID=lab\n").with("usr/share/base", new byte[200_000]).plain();
    }

    /** The layer content that makes an image a release image. */
    static FileLayer.Content references(String version, SortedMap<String, String> payload) {
        return FileLayer.with("release-manifests/0000_50_operator.yaml", "kind: Deployment\n")
                .with(REFERENCES, imageReferences(version, payload))
                .with("release-manifests/release-metadata", "{\"kind\": \"cincinnati-metadata-v0\"}\n");
    }

    static byte[] imageReferences(String version, SortedMap<String, String> payload) {
        ObjectNode stream = Json.object().put("kind", "ImageStream").put("apiVersion", "image.openshift.io/v1");
        stream.putObject("metadata").put("name", version);
        stream.putObject("spec").putObject("lookupPolicy").put("local", false);
        payload.forEach((name, reference) -> {
            ObjectNode tag = ((ObjectNode) stream.get("spec")).withArray("tags").addObject().put("name", name);
            tag.putObject("annotations").put("io.openshift.build.commit.id", "0");
            tag.putObject("from").put("kind", "DockerImage").put("name", reference);
        });
        return Json.pretty(stream);
    }
}

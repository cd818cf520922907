//SOURCES ../common/cli/Json.java
//SOURCES ../common/catalog/Catalog.java
//SOURCES ../common/catalog/ImageSetConfiguration.java
//SOURCES ../common/catalog/PreCacheSpec.java
//SOURCES ../common/cli/Cli.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

import common.catalog.Catalog.Selection;
import common.catalog.ImageSetConfiguration;
import common.catalog.PreCacheSpec;
import common.catalog.PreCacheSpec.Operators;
import common.cli.Cli;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("An ImageSetConfiguration:")
class ImageSetConfigurationTest {
    @TempDir
    Path folder;

    private PreCacheSpec read(String version, String mirror) throws IOException {
        return ImageSetConfiguration.read(Files.writeString(folder.resolve("isc.yaml"), """
                kind: ImageSetConfiguration
                apiVersion: mirror.openshift.io/%s
                %s
                mirror:
                %s""".formatted(version, version.equals("v1alpha2") ? "storageConfig: {local: {path: ./metadata}}" : "",
                mirror.indent(2))));
    }

    private List<Operators> operators(String packages) throws IOException {
        return read("v2alpha1", """
                operators:
                - catalog: registry.redhat.io/redhat/index:v4.10
                """ + packages.indent(2)).operators();
    }

    private List<Selection> selections(String packages) throws IOException {
        return operators(packages).get(0).selections();
    }

    private String failure(String version, String mirror) {
        Cli.Failure failure = assertThrows(Cli.Failure.class, () -> read(version, mirror));
        return failure.getMessage().replace(folder + "/", "");
    }

    @ParameterizedTest(name = "{0}: one release is a channel whose lowest and highest version are the same")
    @ValueSource(strings = {"v1alpha2", "v2alpha1"})
    void release(String version) throws IOException {
        assertEquals(List.of("4.10.3"), read(version, """
                platform:
                  channels:
                  - name: stable-4.10
                    type: ocp
                    minVersion: 4.10.3
                    maxVersion: 4.10.3
                """).releases());
    }

    @Test
    @DisplayName("platform.release names a release image")
    void releaseImage() throws IOException {
        assertEquals(List.of("quay.io/r:1"), read("v2alpha1", "platform: {release: 'quay.io/r:1'}\n").releases());
    }

    @Test
    @DisplayName("platform.architectures is translated to that of a release's tag")
    void architecture() throws IOException {
        assertEquals("aarch64", read("v2alpha1", "platform: {architectures: [arm64]}\n").arch());
    }

    @Test
    @DisplayName("a package alone has no channel, and that means every one")
    void packageAlone() throws IOException {
        assertEquals(List.of(new Selection("nfd", null, null, null, null, false)),
                selections("packages: [{name: nfd}]\n"));
    }

    @Test
    @DisplayName("a package may have a range of versions")
    void packageRange() throws IOException {
        assertEquals(List.of(new Selection("nfd", null, null, "4.9.0", "4.10.3", false)),
                selections("packages: [{name: nfd, minVersion: 4.9.0, maxVersion: '4.10.3'}]\n"));
    }

    @Test
    @DisplayName("channels have ranges of their own")
    void channels() throws IOException {
        assertEquals(List.of(new Selection("nfd", "stable", null, null, null, false),
                new Selection("nfd", "4.10", null, "4.10.1", null, false)), selections("""
                packages:
                - name: nfd
                  defaultChannel: "4.10"
                  channels:
                  - name: stable
                  - name: "4.10"
                    minVersion: 4.10.1
                """));
    }

    @Test
    @DisplayName("full is every version of the channels or packages it names")
    void full() throws IOException {
        assertEquals(List.of(new Selection("nfd", "stable", null, null, null, true),
                new Selection("ptp", null, null, null, null, true)),
                selections("full: true\npackages: [{name: nfd, channels: [{name: stable}]}, {name: ptp}]\n"));
    }

    @Test
    @DisplayName("a catalog alone is every package of it")
    void catalogAlone() throws IOException {
        assertEquals(List.of(new Operators(List.of("registry.redhat.io/redhat/index:v4.10"), List.of(), false, true, Map.of())),
                operators(""));
    }

    @Test
    @DisplayName("bundles are named one by one")
    void bundles() throws IOException {
        assertEquals(List.of(new Selection("nfd", null, "nfd.v4.10.0", null, null, false)),
                selections("packages: [{name: nfd, bundles: [{name: nfd.v4.10.0}]}]\n"));
    }

    @Test
    @DisplayName("additionalImages are listed as they stand")
    void additionalImages() throws IOException {
        String images = "additionalImages: [{name: 'quay.io/a:1'}, {name: 'quay.io/b@sha256:0'}]\n";
        assertEquals(List.of("quay.io/a:1", "quay.io/b@sha256:0"), read("v1alpha2", images).additionalImages());
    }

    @Test
    @DisplayName("blockedImages are regular expressions")
    void blockedImages() throws IOException {
        assertEquals(List.of("quay.io/.*:1"), read("v2alpha1", "blockedImages: [{name: 'quay.io/.*:1'}]\n").blocked()
                .stream().map(Pattern::pattern).toList());
    }

    @ParameterizedTest(name = "refused: {0}")
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            platform: {channels: [{name: s, minVersion: 4.9.0, maxVersion: 4.10.0}]} \
                | mirror.platform.channels s: one release is staged; set minVersion and maxVersion to the same version
            platform: {channels: [{name: s, maxverzion: 4.10.0}]} \
                | mirror.platform.channels: unknown key maxverzion
            platform: {architectures: [amd64, arm64]} \
                | mirror.platform.architectures: a server has one, not amd64, arm64
            helm: {repositories: [{name: a}]} \
                | mirror.helm is not supported: name the charts' images in additionalImages
            operators: [{catalog: 'oci:///x'}] \
                | mirror.operators: catalog has to be an index image in a registry, not "oci:///x"
            operators: [{catalog: x, packages: [{channels: []}]}] \
                | mirror.operators.packages: an entry without a name
            operators: [{catalog: x, packages: [{name: n, minVersion: 1.0.0, channels: [{name: c}]}]}] \
                | mirror.operators.packages n: minVersion and maxVersion do not go with channels or full
            blockedImages: [{name: '['}] \
                | mirror.blockedImages: not a regular expression: [
            """)
    void refused(String mirror, String message) {
        assertEquals("isc.yaml: " + message, failure("v2alpha1", mirror + "\n"));
    }

    @Test
    @DisplayName("another version is refused")
    void otherVersion() {
        assertEquals("isc.yaml: not an ImageSetConfiguration of mirror.openshift.io/v1alpha2 or "
                + "mirror.openshift.io/v2alpha1", failure("v1alpha1", "platform: {}\n"));
    }

    @Test
    @DisplayName("bad YAML is named by file and line")
    void badYaml() {
        assertEquals("isc.yaml:5: ", failure("v2alpha1", "platform: [\n").substring(0, 12));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', value = {
        "additionalImages: [{name: a.io/b:1, platforms: [{os: linux}]}] | platforms is not supported",
        "additionalImages: [{name: a.io/b:1, nmae: x}] | additionalImages: unknown key nmae",
        "blockedImages: [{name: x, nmae: y}]\\nadditionalImages: [{name: a.io/b:1}] | blockedImages: unknown key nmae",
        "additionalImages: {name: a.io/b:1} | mirror.additionalImages is not a list", "{} | asks for nothing",
        "platform: [] | mirror.platform is not a mapping",
        "operators: [{catalog: a.io/b:1, packages: [{name: n, bundles: [{name: b, x: y}]}]}] | bundles: unknown key x"})
    @DisplayName("an entry of any list is read as strictly as the rest")
    void entries(String mirror, String words) {
        String said = failure("v2alpha1", mirror.replace("\\n", "\n"));
        assertTrue(said.contains(words), said);
    }

    @Test
    @DisplayName("names may have a transport, and keys the letters that Go accepts")
    void leniency() throws IOException {
        assertEquals(List.of("a.io/b:1"), read("v2alpha1", "AdditionalImages: [{Name: 'docker://a.io/b:1'}]\n")
                .additionalImages());
    }

    @Test
    @DisplayName("of two documents in a file, none is taken")
    void twoDocuments() throws IOException {
        Path file = Files.writeString(folder.resolve("two.yaml"), "kind: a\n---\nkind: b\n");
        Cli.Failure failure = assertThrows(Cli.Failure.class, () -> ImageSetConfiguration.read(file));
        assertTrue(failure.getMessage().contains("more than one document"), failure.getMessage());
    }
}

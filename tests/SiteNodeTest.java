//SOURCES ../common/cli/Cli.java
//SOURCES ../common/ignition/IgnitionFiles.java
//SOURCES ../lab/SiteImages.java
//SOURCES ../lab/SiteNode.java
//SOURCES Repository.java

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.stream.Stream;

import common.cli.Cli;
import common.ignition.IgnitionFiles.Mode;
import common.ignition.IgnitionFiles.Stage;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("A rehearsal fails, and says why, when a node on site")
class SiteNodeTest {
    private static final List<String> DISCOVERY = List.of("inventory", "container-images-available", "release-image",
            "node-image-pull", "inventory-again", "coreos-installer", "overwrite-os-image", "whole-images");
    private static final List<String> WITHOUT_REGISTRY = List.of("no-registry/container-images-available",
            "no-registry/release-image", "no-registry/node-image-pull");
    private static final SiteImages IMAGES = new SiteImages("release", "operator", "gather", "installer", "system",
            "extensions", "always");

    @ParameterizedTest
    @DisplayName("reports so")
    @CsvSource(delimiter = '|', value = {
        "consumer inventory: ok 1.0 | consumer inventory: failed vda1 is mounted | inventory: vda1 is mounted",
        "consumer release-image: ok 1.0 | | release-image has not reported",
        "consumer no-registry/release-image: failed no end after 10 s | consumer no-registry/release-image: ok 1.0 "
            + "| no-registry/release-image succeeded: it proves nothing",
        "has: quay.io/a:b | lacks: quay.io/a:b | not in containers-storage: quay.io/a:b",
        "container: pre-staged | container: Error | no container ran with --pull=never",
        "network: lo site0 | network: eth0 lo | the network is not that of this site: the node may have pulled",
        "packets: 0 | packet: udp 192.0.2.53:53 | packets left the node: udp 192.0.2.53:53"})
    void faults(String line, String instead, String reason) {
        String console = console().replace("LAB-REPORT " + line + "\n",
                instead == null ? "" : "LAB-REPORT " + instead + "\n");
        Cli.Failure failure = assertThrows(Cli.Failure.class, () -> node(true).check(console));
        assertEquals("on site: " + reason, failure.getMessage());
    }

    @Test
    @DisplayName("but passes when every stand-in went well, and failed without the registry")
    void passes() {
        assertDoesNotThrow(() -> node(true).check(console()));
        assertDoesNotThrow(() -> node(false).check(console().replaceAll("LAB-REPORT consumer no-registry.*\n", "")));
    }

    private static SiteNode node(boolean stopRegistry) {
        return new SiteNode(Repository.ROOT, Stage.AI, Mode.STORE, SiteNode.Network.SWALLOWS, IMAGES,
                List.of("quay.io/a:b"), List.of(), stopRegistry);
    }

    private static String console() {
        return Stream.of(DISCOVERY.stream().map(n -> "consumer " + n + ": ok 1.0"),
                WITHOUT_REGISTRY.stream().map(n -> "consumer " + n + ": failed no end after 10 s"),
                Stream.of("has: quay.io/a:b", "container: pre-staged", "network: lo site0", "packets: 0", "end"))
                .flatMap(s -> s).map(l -> "[ 1.0] agent[1]: LAB-REPORT " + l + "\n").reduce("", String::concat);
    }
}

package common.oci;

//SOURCES ../cli/Json.java
//SOURCES Descriptor.java

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Json;

/**
 * Which manifest of a list skopeo, podman and CRI-O take on a node: containers/image, internal/pkg/platform
 * (WantedPlatforms, MatchesPlatform) and internal/manifest (ChooseInstance). A variant that nobody asked for is another
 * platform: plain amd64 does not take amd64/v2.
 */
final class PlatformChoice {
    /** Variants that run on one, best first. */
    private static final Map<String, List<String>> COMPATIBLE = Map.of("arm", List.of("v8", "v7", "v6", "v5"),
            "arm64", List.of("v8"));
    private static final String ZSTD = "io.github.containers.compression.zstd";

    private PlatformChoice() {
    }

    /**
     * What is taken for {@code os/architecture[/variant]} of a list with these bytes and entries; none when nothing fits. Two where generations differ: of equal
     * ones containers/image before 5.26 takes the first, later ones that with the annotation for zstd.
     */
    static Set<Descriptor> of(byte[] list, boolean oci, List<Descriptor> entries, String platform) {
        for (String wanted : wanted(platform)) {
            List<Descriptor> fitting = entries.stream().filter(m -> wanted.equals(m.platform())).toList();
            if (!fitting.isEmpty()) {
                Set<Descriptor> choices = new LinkedHashSet<>(Set.of(fitting.get(0)));
                Set<Integer> zstd = zstd(list);
                fitting.stream().filter(m -> oci && zstd.contains(entries.indexOf(m))).findFirst()
                        .ifPresent(choices::add);
                return choices;
            }
        }
        Set<Descriptor> choices = new LinkedHashSet<>();
        if (oci) { // image-index.md: platform is optional
            entries.stream().filter(m -> m.platform() == null).findFirst().ifPresent(choices::add);
        }
        return choices;
    }

    private static List<String> wanted(String platform) {
        String[] parts = platform.split("/");
        String plain = parts[0] + "/" + parts[1];
        List<String> compatible = COMPATIBLE.getOrDefault(parts[1], List.of());
        List<String> wanted = new ArrayList<>();
        if (parts.length == 3) {
            int at = compatible.indexOf(parts[2]);
            (at < 0 ? List.of(parts[2]) : compatible.subList(at, compatible.size()))
                    .forEach(v -> wanted.add(plain + "/" + v));
        } else if (parts[1].equals("arm64")) {
            wanted.add(plain + "/v8"); // what the node's processor is
        }
        wanted.add(plain);
        if (parts.length == 2) {
            compatible.forEach(v -> wanted.add(plain + "/" + v));
        }
        return wanted;
    }

    private static Set<Integer> zstd(byte[] list) {
        Set<Integer> places = new LinkedHashSet<>();
        JsonNode entries = Json.parse(list, "index").path("manifests");
        for (int i = 0; i < entries.size(); i++) {
            if (entries.get(i).path("annotations").path(ZSTD).asText().equals("true")) {
                places.add(i);
            }
        }
        return places;
    }
}

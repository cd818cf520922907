package common.assisted;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Json;

/**
 * A parameter file as aicli takes it with {@code --paramfile}: the keys that this installation knows. One that it does
 * not is an error, since a cluster would else not be what the file says.
 */
final class AicliParameters {
    private static final Set<String> KEYS = Set.of("cluster", "name", "base_dns_domain", "domain", "openshift_version",
            "pull_secret", "ssh_public_key", "public_key", "network_type", "sno", "high_availability_mode", "minimal",
            "machine_networks", "machine_network_cidr", "installer_args", "extra_args", "disk", "sno_disk",
            "discovery_ignition_file", "ignition_config_override", "user_managed_networking", "static_network_config",
            "proxy", "http_proxy", "https_proxy", "noproxy", "no_proxy", "additional_ntp_source",
            "additional_ntp_sources", "kernel_arguments", "registry_url", "disconnected_url", "disconnected_ca", "fips",
            "installconfig", "additional_trust_bundle", "disk_encryption", "tpm", "tang_servers", "manifests",
            "openshift_manifests", "ignore_validations", "hosts", "api_vip", "api_ip", "api_vips", "ingress_vip",
            "ingress_ip", "ingress_vips", "cluster_networks", "cluster_network_cidr", "service_networks",
            "service_network_cidr");

    private final JsonNode all;
    private final Path file;

    private AicliParameters(JsonNode all, Path file) {
        this.all = all;
        this.file = file;
    }

    /** Null reads nothing: no key is there. */
    static AicliParameters read(Path file) {
        if (file == null) {
            return new AicliParameters(Json.object(), null);
        }
        AicliParameters parameters = new AicliParameters(Json.readYaml(file), file);
        List<String> unknown = new ArrayList<>();
        parameters.all.fieldNames().forEachRemaining(unknown::add);
        unknown.removeAll(KEYS);
        if (!parameters.all.isObject() || !unknown.isEmpty()) {
            throw parameters.wrong(unknown.isEmpty() ? "no map of parameters"
                    : "unknown here: " + String.join(", ", unknown) + "; known: "
                            + String.join(", ", KEYS.stream().sorted().toList()));
        }
        parameters.fixed("network_type", "OVNKubernetes");
        return parameters;
    }

    private void fixed(String key, String only) {
        if (all.has(key) && !all.path(key).asText().equals(only)) {
            throw wrong(key + ": only " + only);
        }
    }

    /** The value of the first of these keys that is there, else null. */
    String text(String... keys) {
        JsonNode value = value(keys);
        if (value == null) {
            return null;
        }
        if (value.isFloatingPointNumber()) { // 4.10 is the number 4.1
            throw wrong(keys[0] + ": " + value + " is a number; quote it");
        }
        if (value.isContainerNode()) {
            throw wrong(keys[0] + ": a text, not a list or a map");
        }
        return value.asText();
    }

    /** The value as it is; null when the key is not there. */
    JsonNode node(String key) {
        return value(key);
    }

    boolean flag(String key) {
        return value(key) != null && value(key).asBoolean();
    }

    /** A list, or a string of words; null when the key is not there. */
    List<String> words(String... keys) {
        JsonNode value = value(keys);
        if (value == null) {
            return null;
        }
        if (!value.isArray()) {
            return List.of(value.asText().strip().split("\\s+"));
        }
        List<String> words = new ArrayList<>();
        value.forEach(v -> words.add(v.asText(v.path("cidr").asText())));
        return words;
    }

    /** One node, as far as the file says: null when it does not. */
    Boolean singleNode() {
        if (all.has("high_availability_mode")) {
            return all.path("high_availability_mode").asText().equals("None");
        }
        return all.has("sno") ? all.path("sno").asBoolean() : null;
    }

    boolean minimal() {
        return all.path("minimal").asBoolean(true);
    }

    Cli.Failure wrong(String what) {
        return new Cli.Failure(Cli.USAGE, file + ": " + what);
    }

    private JsonNode value(String... keys) {
        return Stream.of(keys).map(all::get).filter(v -> v != null && !v.isNull()).findFirst().orElse(null);
    }
}

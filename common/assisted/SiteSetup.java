package common.assisted;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/Steps.java
//SOURCES AssistedError.java
//SOURCES AssistedInstaller.java
//SOURCES OnceOnly.java
//SOURCES Settings.java
//SOURCES SiteSettings.java

import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.cli.Json;
import common.cli.Steps;

/** What of a site's settings has calls of its own: install-config, manifests, ignored validations. */
final class SiteSetup {
    private final AssistedInstaller service;
    private final SiteSettings site;
    private final String clusterId;

    SiteSetup(AssistedInstaller service, SiteSettings site, String clusterId) {
        this.service = service;
        this.site = site;
        this.clusterId = clusterId;
    }

    void apply(Steps steps) throws IOException {
        if (!site.installConfig.isEmpty()) {
            steps.step("install-config", this::installConfig);
        }
        if (!site.manifests.isEmpty()) {
            steps.step("manifests", this::manifests);
        }
        if (site.ignoredValidations != null) {
            steps.step("ignored validations", this::ignored);
        }
    }

    private String installConfig() throws IOException {
        OnceOnly.Look<JsonNode> look = () -> {
            ObjectNode kept = Json.object();
            kept.set("overrides", service.cluster(clusterId).path("install_config_overrides"));
            ObjectNode wanted = Json.object();
            wanted.set("overrides", site.installConfig);
            return Settings.differing(wanted, kept).isEmpty() ? Optional.of(kept) : Optional.empty();
        };
        service.onceOnly().make(look, () -> {
            service.updateInstallConfig(clusterId, site.installConfig);
            return site.installConfig;
        });
        if (look.at().isEmpty()) {
            throw new Cli.Failure("the service did not keep the parts of the install-config");
        }
        return String.join(", ", Settings.names(site.installConfig));
    }

    private String manifests() throws IOException {
        for (Map.Entry<String, byte[]> manifest : site.manifests.entrySet()) {
            String folder = manifest.getKey().replaceFirst("/.*", "");
            String name = manifest.getKey().substring(folder.length() + 1);
            service.onceOnly().make(() -> service.manifest(clusterId, folder, name)
                    .filter(there -> Arrays.equals(there, manifest.getValue())), () -> {
                        service.createManifest(clusterId, folder, name, manifest.getValue());
                        return manifest.getValue();
                    });
        }
        return String.join(", ", site.manifests.keySet());
    }

    private String ignored() throws IOException {
        ArrayNode ids = Json.object().putArray("ids");
        Arrays.stream(site.ignoredValidations.split(",")).forEach(ids::add);
        String text = ids.toString();
        try {
            service.onceOnly().make(() -> Optional.of(service.ignoredValidations(clusterId))
                    .filter(i -> i.path("host-validation-ids").asText().equals(text)
                            && i.path("cluster-validation-ids").asText().equals(text)),
                    () -> service.ignoreValidations(clusterId, Json.object().put("host-validation-ids", text)
                            .put("cluster-validation-ids", text)));
        } catch (AssistedError e) {
            if (e.status == 404 || e.status == 405) {
                throw new Cli.Failure("this service is too old to ignore validations; leave out --ignore-validations");
            }
            throw e;
        }
        return site.ignoredValidations;
    }
}

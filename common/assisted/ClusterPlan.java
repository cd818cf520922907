package common.assisted;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../disk/PartitionLabel.java
//SOURCES ../ignition/IgnitionOverride.java
//SOURCES HostPlan.java
//SOURCES NetworkPlan.java
//SOURCES SiteSettings.java

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.cli.Json;
import common.disk.PartitionLabel;
import common.ignition.IgnitionOverride;

/**
 * What is to be installed, all of it checked before the first call; and the request bodies that say it.
 *
 * @param version as asked for, 4.10.3; 4.10 takes any of it
 * @param pullSecret a JSON document
 * @param hosts one for each node, or none
 * @param disk path, serial or {@code smallest}; null: as the service chooses
 */
public record ClusterPlan(String name, String baseDomain, String version, String pullSecret, String sshKey, int nodes,
        boolean minimalIso, IgnitionOverride discovery, IgnitionOverride pointer, List<String> installerArgs,
        String disk, NetworkPlan network, SiteSettings site, List<HostPlan> hosts) {
    /** {@code installerArgs} null: the original's, with the label that the units mount. */
    public ClusterPlan {
        if (!name.matches("[a-z0-9]([a-z0-9-]*[a-z0-9])?") || name.length() > 54) {
            throw new Cli.Failure(Cli.USAGE, "--name " + name + ": lower-case letters, digits and hyphens, at most 54");
        }
        if (!version.matches("4\\.\\d+(\\.\\d+(-\\S+)?)?")) {
            throw new Cli.Failure(Cli.USAGE, "--openshift-version " + version + ": not a version like 4.10.3");
        }
        if (nodes != 1 && nodes < 3) {
            throw new Cli.Failure(Cli.USAGE, "--nodes " + nodes + ": one node, or three and more");
        }
        if (nodes == 1 && !network.isUserManaged()) {
            throw new Cli.Failure(Cli.USAGE, "--api-vip: a single node has no virtual addresses");
        }
        Set<String> labels = new TreeSet<>(discovery.labels());
        labels.addAll(pointer.labels());
        installerArgs = installerArgs != null ? List.copyOf(installerArgs) : defaultArgs(labels);
        for (IgnitionOverride override : List.of(discovery, pointer)) {
            List<String> removals = IgnitionOverride.removals(override.config(), labels, null);
            if (!removals.isEmpty()) {
                throw new Cli.Failure(Cli.USAGE, "the Ignition configs would remove the staged partition: "
                        + String.join(", ", removals) + "; take that out");
            }
        }
        List<List<String>> all = new ArrayList<>(List.of(installerArgs));
        hosts.stream().filter(h -> h.args() != null).forEach(h -> all.add(h.args()));
        for (String label : labels) {
            if (!all.stream().allMatch(args -> IgnitionOverride.saves(args, label))) {
                throw new Cli.Failure(Cli.USAGE, "--installer-args: the units mount the partition " + label
                        + ", which the installer would wipe; add --save-partlabel " + label);
            }
        }
    }

    private static List<String> defaultArgs(Set<String> labels) {
        List<String> args = new ArrayList<>();
        (labels.isEmpty() ? Set.of(PartitionLabel.DEFAULT) : labels).forEach(label -> args.addAll(List.of("--save-partlabel", label)));
        args.add("--copy-network");
        return List.copyOf(args);
    }

    /** A pull secret file's content: JSON with {@code auths}. Its words are in no error. */
    public static String pullSecret(byte[] file, String where) {
        JsonNode secret;
        try {
            secret = Json.parse(file, where);
        } catch (Cli.Failure e) {
            throw new Cli.Failure("pull secret " + where + ": not JSON; get it again from console.redhat.com");
        }
        if (!secret.path("auths").isObject() || secret.path("auths").isEmpty()) {
            throw new Cli.Failure("pull secret " + where + ": has no auths; get it again from console.redhat.com");
        }
        return secret.toString();
    }

    static boolean isSameSecret(String one, String other) {
        return Json.parse(one.getBytes(StandardCharsets.UTF_8), "pull secret")
                .equals(Json.parse(other.getBytes(StandardCharsets.UTF_8), "pull secret"));
    }

    /** The same settings for hosts that are added to the cluster later. */
    ClusterPlan dayTwo() {
        return new ClusterPlan(dayTwo(name), baseDomain, version, pullSecret, sshKey, nodes, minimalIso, discovery, pointer,
                installerArgs, disk, network, site, hosts);
    }

    /** As aicli names the cluster that adds hosts to another one. */
    static String dayTwo(String cluster) {
        return cluster + "-day2";
    }

    public String infraEnvName() {
        return infraEnvName(name);
    }

    /** As aicli names it. */
    static String infraEnvName(String cluster) {
        return cluster + "_infra-env";
    }

    /** Whether the service's answer is the version that was asked for: it silently takes another one. */
    boolean isVersion(String answered) {
        return answered.equals(version) || version.matches("4\\.\\d+") && answered.startsWith(version + ".");
    }

    ObjectNode clusterParameters() {
        return Json.object().put("name", name).put("openshift_version", version).put("base_dns_domain", baseDomain)
                .put("pull_secret", pullSecret).put("ssh_public_key", sshKey)
                .put("high_availability_mode", nodes == 1 ? "None" : "Full").put("network_type", "OVNKubernetes")
                .put("user_managed_networking", network.isUserManaged())
                .put("vip_dhcp_allocation", false).<ObjectNode>setAll(network.settings()).setAll(site.cluster);
    }

    /** What of the cluster can be changed before it is installed. */
    ObjectNode clusterSettings() {
        return clusterParameters().retain("pull_secret", "ssh_public_key", "user_managed_networking")
                .<ObjectNode>setAll(network.settings()).setAll(site.cluster);
    }

    /** What of the infra-env can be changed. */
    ObjectNode infraEnvSettings() {
        return infraEnvParameters("").retain("pull_secret", "ssh_authorized_key", "image_type").setAll(site.infraEnv);
    }

    /** Without a version the service would take its newest OS image. */
    ObjectNode infraEnvParameters(String clusterId) {
        return Json.object().put("name", infraEnvName()).put("cluster_id", clusterId).put("openshift_version", version)
                .put("image_type", minimalIso ? "minimal-iso" : "full-iso").put("pull_secret", pullSecret)
                .put("ssh_authorized_key", sshKey).put("cpu_architecture", "x86_64").setAll(site.infraEnv);
    }

    ObjectNode discoveryParameters() {
        return Json.object().put("ignition_config_override", discovery.text());
    }

    static ObjectNode pointerParameters(IgnitionOverride pointer) {
        return Json.object().put("config", pointer.text());
    }

    static ObjectNode installerArgsParameters(List<String> args) {
        ObjectNode parameters = Json.object();
        args.forEach(parameters.putArray("args")::add);
        return parameters;
    }

    static ObjectNode diskParameters(String diskId) {
        ObjectNode parameters = Json.object();
        parameters.putArray("disks_selected_config").addObject().put("id", diskId).put("role", "install");
        return parameters;
    }

    static ObjectNode machineNetworkParameters(String cidr) {
        ObjectNode parameters = Json.object();
        parameters.putArray("machine_networks").addObject().put("cidr", cidr);
        return parameters;
    }

    /** Installer arguments as the service keeps them: a JSON string. */
    static boolean hasInstallerArgs(JsonNode host, List<String> args) {
        String kept = host.path("installer_args").asText();
        return !kept.isEmpty() && Json.parse(kept.getBytes(StandardCharsets.UTF_8), "installer_args")
                .equals(installerArgsParameters(args).path("args"));
    }

    /** The machine network of one family, if it is given. */
    String machineNetwork() {
        return network.machineNetworks().size() == 1 ? network.machineNetworks().get(0) : null;
    }

    /** Without the secrets. */
    @Override
    public String toString() {
        return name + "." + baseDomain + " " + version;
    }
}

package common.assisted;

//SOURCES ../cli/Cli.java
//SOURCES ../cli/ScriptFolder.java
//SOURCES ../ignition/IgnitionOverride.java
//SOURCES ../ignition/SshPublicKey.java
//SOURCES AicliParameters.java
//SOURCES ClusterPlan.java
//SOURCES HostPlan.java
//SOURCES InstallerArgs.java
//SOURCES NetworkOptions.java
//SOURCES ServiceOptions.java
//SOURCES SiteOptions.java
//SOURCES SiteSettings.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;

import common.cli.Cli;
import common.cli.ScriptFolder;
import common.ignition.IgnitionOverride;
import common.ignition.SshPublicKey;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What cluster to install (picocli mixin). */
public final class ClusterOptions {
    /** How far to go. */
    public enum Until {
        REGISTERED, READY, INSTALLED;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Units that the service puts into discovery.ign (its internal/ignition/templates/discovery.ign). */
    private static final Set<String> SERVICES_OWN = Set.of("agent.service", "selinux.service", "multipathd.service",
            "iscsistart.service", "oci-eval-user-data.service", "pre-network-manager-config.service",
            "okd-overlay.service", "systemd-journal-gatewayd.socket", "add-ntp-sources.service");

    @Option(names = "--base-domain", paramLabel = "DOMAIN", description = "The cluster is NAME.DOMAIN.")
    private String baseDomain;

    @Option(names = "--openshift-version", paramLabel = "VERSION", description = "Default: 4.10.3.")
    private String version;

    @Option(names = "--pull-secret", paramLabel = "FILE", description = "Default: PULL_SECRET_PATH.")
    private Path pullSecret;

    @Option(names = "--ssh-key", paramLabel = "FILE", description = "Public key of user core.")
    private Path sshKey;

    @Option(names = "--nodes", paramLabel = "N", description = "1, or three and more (default: CLUSTER_NODES, 1).")
    private Integer nodes;

    @Option(names = "--discovery-patch", paramLabel = "FILE",
            description = "Units of the discovery stage (default: ignition-files/discovery.patch).")
    private Path discovery;

    @Option(names = "--pointer-patch", paramLabel = "FILE",
            description = "Units of the installed system (default: ignition-files/pointer.patch).")
    private Path pointer;

    @Option(names = "--installer-args", paramLabel = "ARGS",
            description = "For coreos-installer (default: --save-partlabel LABEL --copy-network; the units' label).")
    private String installerArgs;

    @Option(names = "--disk", paramLabel = "PATH|serial|smallest",
            description = "The installation disk (default: the service chooses).")
    private String disk;

    @Option(names = "--iso", paramLabel = "FILE", description = "Download the discovery ISO; else its URL is printed.")
    private Path iso;

    @Option(names = "--kubeconfig-dir", paramLabel = "DIR", defaultValue = ".",
            description = "Where kubeconfig.NAME and kubeadmin-password.NAME go (default: the current folder).")
    private Path kubeconfigDir;

    @Option(names = "--inventory", paramLabel = "FILE|URL",
            description = "inventory.json of what is staged: are the images there that the service will use?")
    private String inventory;

    @Option(names = "--add-hosts", paramLabel = "N", description = "Add N workers in all to the cluster, which is installed "
            + "already: the server boots an ISO of its own.")
    private Integer addedHosts;

    @Option(names = "--until", paramLabel = "registered|ready|installed", defaultValue = "installed",
            description = "How far to go (default: ${DEFAULT-VALUE}).")
    private Until until;

    @Mixin
    private NetworkOptions network;

    @Mixin
    private SiteOptions site;

    /** Everything that is given, checked. */
    public ClusterPlan plan(ServiceOptions service) throws IOException {
        AicliParameters file = service.parameters();
        String domain = ServiceOptions.given(baseDomain, file.text("base_dns_domain", "domain"));
        if (domain == null) {
            throw new Cli.Failure(Cli.USAGE, "which domain? Give --base-domain");
        }
        if (addedHosts != null && (addedHosts < 1 || addedHosts > 1000)) {
            throw new Cli.Failure(Cli.USAGE, "--add-hosts " + addedHosts + ": 1 to 1000");
        }
        writable("--kubeconfig-dir", kubeconfigDir);
        if (iso != null) {
            Path folder = iso.toAbsolutePath().getParent();
            if (folder == null || Files.isDirectory(iso)) {
                throw new Cli.Failure(Cli.USAGE, "--iso " + iso + ": a folder; give a file");
            }
            writable("--iso", folder);
        }
        String release = ServiceOptions.given(version, file.text("openshift_version"), "4.10.3");
        SiteSettings settings = site.settings(file, release);
        IgnitionOverride atDiscovery = settings.registriesConf == null ? discovery(file)
                : discovery(file).with("/etc/containers/registries.conf.d/99-mirror.conf", settings.registriesConf);
        List<HostPlan> hosts = HostPlan.of(file);
        int number = nodes(file, hosts.size());
        return new ClusterPlan(service.name(), domain, release, secret(file), key(file), number, file.minimal(),
                atDiscovery,
                IgnitionOverride.read(pointer != null ? pointer : beside("pointer"), IgnitionOverride.POINTER_KEY),
                args(file),
                ServiceOptions.given(disk, file.text("disk", "sno_disk")),
                network.plan(file, number == 1), settings, hosts);
    }

    private static void writable(String option, Path folder) {
        if (!Files.isDirectory(folder) || !Files.isWritable(folder)) {
            throw new Cli.Failure(Cli.USAGE, option + ": " + (Files.isDirectory(folder)
                    ? "nothing can be written into the folder " : "no such folder: ") + folder);
        }
    }

    private String secret(AicliParameters file) throws IOException {
        String path = ServiceOptions.given(pullSecret == null ? null : pullSecret.toString(), file.text("pull_secret"),
                ServiceOptions.env("PULL_SECRET_PATH"));
        if (path == null) {
            throw new Cli.Failure(Cli.USAGE, "which pull secret? Give --pull-secret or set PULL_SECRET_PATH");
        }
        if (!Files.isRegularFile(home(path))) {
            throw new Cli.Failure("pull secret " + path + ": no such file");
        }
        return ClusterPlan.pullSecret(Files.readAllBytes(home(path)), path);
    }

    private String key(AicliParameters file) throws IOException {
        String inFile = file.text("ssh_public_key", "public_key");
        if (sshKey == null && inFile != null && inFile.contains(" ")) {
            return String.join("\n", SshPublicKey.keys(inFile, "ssh_public_key"));
        }
        if (sshKey == null && inFile == null) {
            throw new Cli.Failure(Cli.USAGE, "which ssh key for user core? Give --ssh-key ~/.ssh/id_ed25519.pub");
        }
        return String.join("\n", SshPublicKey.read(sshKey != null ? sshKey : home(inFile)));
    }

    private int nodes(AicliParameters file, int hosts) {
        String number = ServiceOptions.given(nodes == null ? null : nodes.toString(),
                Boolean.TRUE.equals(file.singleNode()) ? "1" : null, hosts > 0 ? String.valueOf(hosts) : null,
                ServiceOptions.env("CLUSTER_NODES"), "1");
        if (!number.matches("\\d{1,4}")) {
            throw new Cli.Failure(Cli.USAGE, "CLUSTER_NODES=" + number + ": not a number");
        }
        if (Boolean.FALSE.equals(file.singleNode()) == number.equals("1") && file.singleNode() != null) {
            throw file.wrong("is for " + (file.singleNode() ? "one node" : "several nodes") + ", not " + number);
        }
        if (hosts > 0 && !number.equals(String.valueOf(hosts))) {
            throw file.wrong("hosts has " + hosts + " entries, for a cluster of " + number);
        }
        return Integer.parseInt(number);
    }

    private IgnitionOverride discovery(AicliParameters file) {
        String inFile = file.text("ignition_config_override");
        if (discovery == null && inFile != null) {
            return IgnitionOverride.of(inFile, "ignition_config_override");
        }
        String path = file.text("discovery_ignition_file");
        IgnitionOverride override = IgnitionOverride.read(discovery != null ? discovery
                : path != null ? home(path) : beside("discovery"), IgnitionOverride.DISCOVERY_KEY);
        override.wholeUnits().stream().filter(SERVICES_OWN::contains).forEach(unit -> Cli.warn("the discovery patch "
                + "replaces " + unit + ", which the service writes itself; a drop-in changes only a part of it"));
        return override;
    }

    private static Path beside(String stage) {
        try {
            return ScriptFolder.beside(Path.of("ignition-files", stage + ".patch"));
        } catch (Cli.Failure e) {
            throw new Cli.Failure(Cli.USAGE, "no ignition-files/" + stage + ".patch here; give --" + stage
                    + "-patch, or run from the repository");
        }
    }

    private static Path home(String path) {
        return Path.of(path.startsWith("~/") ? System.getProperty("user.home") + path.substring(1) : path);
    }

    private List<String> args(AicliParameters file) {
        List<String> inFile = file.words("installer_args", "extra_args");
        return installerArgs != null ? InstallerArgs.parse(installerArgs, "--installer-args")
                : inFile == null ? null : InstallerArgs.check(inFile, "installer_args");
    }

    public String inventory() {
        return inventory;
    }

    public Path iso() {
        return iso;
    }

    public Path kubeconfigDir() {
        return kubeconfigDir;
    }

    /** Null: a cluster is to be installed. */
    public Integer addedHosts() {
        return addedHosts;
    }

    public Until until() {
        return until;
    }
}

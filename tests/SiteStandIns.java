//SOURCES ../common/disk/PartitionLabel.java
//SOURCES ../common/ignition/IgnitionFiles.java
//SOURCES ../common/oci/Digest.java
//SOURCES ../container-images/stage-node.java
//SOURCES NodeBoot.java
//SOURCES RenderedConfig.java

import common.disk.PartitionLabel;
import common.ignition.IgnitionFiles.Mode;
import common.ignition.IgnitionFiles.Stage;
import common.oci.Digest;

/**
 * What OpenShift brings to a node, as far as our units are ordered against it, for boots that look at the units alone.
 * Each stand-in says which of the images it finds.
 *
 * @param agentImage the discovery stage's image
 * @param daemonImage the machine-config daemon's, which has no program in it
 * @param otherImage of the same release
 */
record SiteStandIns(String agentImage, String daemonImage, String otherImage) {
    /** Prints those of its arguments that are images of this node. */
    private static final String SEEN = """
            for image; do
                podman image exists "$image" && echo "$image"
            done
            true
            """;

    /** Ordered as the real ones are; without Wants, or a node without a network would wait for one for 100 s. */
    NodeBoot discovery(Mode mode, PartitionLabel label) {
        NodeBoot boot = new NodeBoot(new RenderedConfig(Stage.AI, mode, label)).service("agent.service", """
                [Unit]
                Description=Stand-in of the agent
                After=network-online.target

                [Service]
                Type=oneshot
                RemainAfterExit=yes
                ExecStart=/usr/bin/bash -c 'bash /usr/local/bin/seen %s >/run/seen'

                [Install]
                WantedBy=multi-user.target
                """.formatted(agentImage))
                .property("agent", "agent.service", "ActiveState")
                .fact("search", "for edge in Enter Exit; do systemctl show --value "
                        + "--property=Inactive${edge}TimestampMonotonic precache-data.service; done");
        return common(boot, "precache-images");
    }

    /** The pull service has the commands of release 4.10, but the image is only inspected: it has no program in it. */
    NodeBoot pointer(Mode mode) {
        NodeBoot boot = new NodeBoot(RenderedConfig.of(Stage.OCP, mode));
        boot.service("machine-config-daemon-pull.service", """
                [Unit]
                Description=Stand-in of the Machine Config Operator's service
                Wants=crio-wipe.service
                After=crio-wipe.service NetworkManager-wait-online.service

                [Service]
                Type=oneshot
                RemainAfterExit=yes
                ExecStart=/bin/sh -c '/bin/mkdir -p /run/bin'
                ExecStart=/bin/sh -c "while ! /usr/bin/podman pull --quiet '%1$s'; do sleep 1; done"
                ExecStart=/bin/sh -c "/usr/bin/podman image inspect --format '{{.Digest}}' '%1$s' > /run/bin/daemon.tmp"
                ExecStart=/bin/sh -c '/bin/mv /run/bin/daemon.tmp /run/bin/daemon'

                [Install]
                WantedBy=multi-user.target
                """.formatted(daemonImage)).service("nodeip-configuration.service", """
                [Unit]
                Description=Stand-in of the service that runs a container
                After=NetworkManager-wait-online.service
                Before=crio.service

                [Service]
                Type=oneshot
                RemainAfterExit=yes
                ExecStart=/usr/bin/bash -c 'bash /usr/local/bin/seen %s %s >/run/seen'

                [Install]
                WantedBy=multi-user.target
                """.formatted(daemonImage, otherImage))
                .service("crio-wipe.service", """
                [Unit]
                Description=Stand-in of CRI-O's service
                Before=crio.service
                RequiresMountsFor=/var/lib/containers

                [Service]
                Type=oneshot
                ExecStart=/usr/bin/true

                [Install]
                WantedBy=multi-user.target
                """).service("crio.service", """
                [Unit]
                Description=Stand-in of CRI-O, which reads its drop-ins when it starts
                Wants=crio-wipe.service
                After=network-online.target nodeip-configuration.service machine-config-daemon-pull.service

                [Service]
                ExecStart=/usr/bin/bash -c 'cat /etc/crio/crio.conf.d/90* >/run/crio-read; \
                    trap "echo 1 >/run/crio-told" HUP; while :; do sleep 1; done'

                [Install]
                WantedBy=multi-user.target
                """)
                .property("pull", "machine-config-daemon-pull.service", "ActiveState")
                .fact("daemon", "cat /run/bin/daemon")
                .service("early.service", """
                [Unit]
                Description=A client that comes before the registry
                DefaultDependencies=no
                After=precache-registry.socket
                Before=precache-data.service

                [Service]
                ExecStart=/usr/bin/bash -c 'curl -s -o /dev/null -w %{http_code} http://127.0.0.1:22700/v2/ >/run/early'

                [Install]
                WantedBy=sockets.target
                """.replace("%{", "%%{")).program("crio", "#!/bin/bash\necho crio version 1.28.3\n")
                .fact("early", "cat /run/early")
                .fact("killed", "[ ! -s /run/precache/store.env ] || export $(cat /run/precache/store.env); "
                        + "systemctl kill --signal=KILL precache-registry.service; podman rmi --force " + daemonImage + " >/dev/null 2>&1; "
                        + "podman pull --quiet " + daemonImage + " >/dev/null; podman image exists " + daemonImage + " && echo "
                        + daemonImage)
                .fact("pins", "cat /etc/crio/crio.conf.d/40-precache-pinned.conf")
                .fact("mirrors", """
                        printf '[[registry]]\\nlocation = \"quay.io/openshift-release-dev\"\\n[[registry.mirror]]\\nlocation = \
                        \"site.example.com/mirror\"\\n' >/etc/containers/registries.conf
                        for try in {1..60}; do
                            grep -o site.example.com/mirror /etc/containers/registries.conf.d/90-precache.conf && break; sleep 1
                        done
                        for try in {1..60}; do [ -e /run/crio-told ] && break; sleep 1; done; cat /run/crio-told""")
                .fact("enabled", "systemctl is-enabled precache-ocp-images.service")
                .fact("crio", "cat /run/crio-read");
        return common(boot, "precache-ocp-images");
    }

    private static NodeBoot common(NodeBoot boot, String loader) {
        return boot.program("seen", SEEN).fact("seen", "cat /run/seen")
                .fact("loader", "systemctl show --value --property=ActiveState " + loader + ".service; "
                        + "systemctl show --value --property=ExecMainStatus " + loader + ".service")
                .fact("data", "systemctl show --value --property=ActiveState precache-data.service; "
                        + "systemctl show --value --property=ExecMainStatus precache-data.service")
                .fact("lines", "journalctl -b -t precache-data -t " + loader + " -o cat")
                .fact("conf", "sha256sum </etc/containers/storage.conf | cut -d' ' -f1")
                .fact("cycles", "journalctl -b -o cat | grep -c 'ordering cycle'");
    }
}

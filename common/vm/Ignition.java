package common.vm;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/Proc.java
//SOURCES KcliPlan.java

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.cli.Json;
import common.cli.Proc;

/**
 * The Ignition config (specification 3.1.0) that makes a CoreOS image the VM of a plan: host name, static addresses as
 * NetworkManager keyfiles, user core's ssh keys, the plan's files, and its commands as a unit of the first boot.
 */
public final class Ignition {
    private static final String CONNECTIONS = "/etc/NetworkManager/system-connections/";
    private static final String SCRIPT = "/etc/create-vm-cmds.sh";
    private static final String DONE = "/var/lib/create-vm-cmds.done";
    private static final int READABLE = 0644;
    private static final int SECRET = 0600; // NetworkManager ignores a keyfile that others may read

    private Ignition() {
    }

    /**
     * The config. Reads the plan's files, and nothing else.
     *
     * @param macs of the plan's networks, in their order
     * @param keys public ssh keys, beside the plan's own
     */
    public static ObjectNode config(KcliPlan plan, List<String> macs, List<String> keys) throws IOException {
        ObjectNode config = Json.object();
        config.putObject("ignition").put("version", "3.1.0");
        ObjectNode core = config.putObject("passwd").putArray("users").addObject().put("name", "core");
        ArrayNode authorized = core.putArray("sshAuthorizedKeys");
        keys.forEach(authorized::add);
        plan.keys().forEach(authorized::add);
        ArrayNode files = config.putObject("storage").putArray("files");
        file(files, "/etc/hostname", READABLE, text(plan.name() + "\n"));
        for (int i = 0; i < plan.nets().size(); i++) {
            KcliPlan.Net net = plan.nets().get(i);
            if (net.ip() != null) {
                file(files, CONNECTIONS + net.nic() + ".nmconnection", SECRET, text(keyfile(net, macs.get(i))));
            }
        }
        for (KcliPlan.GuestFile f : plan.files()) {
            file(files, f.path(), f.mode(), f.bytes());
        }
        if (!plan.cmds().isEmpty()) {
            file(files, SCRIPT, READABLE, text("set -eux\n" + String.join("\n", plan.cmds()) + "\n"));
            config.putObject("systemd").putArray("units").addObject().put("name", "create-vm-cmds.service")
                    .put("enabled", true).put("contents", unit());
        }
        return config;
    }

    /** A NetworkManager keyfile; the interface is found by its MAC address, since its name differs between systems. */
    static String keyfile(KcliPlan.Net net, String mac) {
        String gateway = net.gateway() == null ? "" : "," + net.gateway();
        String dns = net.dns().isEmpty() ? "" : "dns=" + String.join(";", net.dns()) + ";\n";
        return """
                [connection]
                id=%s
                type=ethernet

                [ethernet]
                mac-address=%s

                [ipv4]
                method=manual
                address1=%s/%d%s
                %s
                [ipv6]
                method=disabled
                """.formatted(net.nic(), mac, net.ip(), net.prefix(), gateway, dns);
    }

    private static String unit() {
        return """
                [Unit]
                Description=Commands of the kcli plan
                Wants=network-online.target
                After=network-online.target
                ConditionPathExists=!%2$s
                [Service]
                Type=oneshot
                RemainAfterExit=yes
                ExecStart=/usr/bin/bash %1$s
                ExecStartPost=/usr/bin/touch %2$s
                [Install]
                WantedBy=multi-user.target
                """.formatted(SCRIPT, DONE);
    }

    /** Throws {@link Cli.Failure} when ignition-validate is there and has anything to say, be it with exit code 0. */
    public static void validate(Path config) {
        if (Proc.find("ignition-validate").isPresent()) {
            Proc.Result result = Proc.of("ignition-validate", config.toString()).run();
            String said = (result.err() + result.out()).strip();
            if (!result.ok() || !said.isEmpty()) {
                throw new Cli.Failure("the Ignition config " + config + " is not accepted: "
                        + said.lines().findFirst().orElse("exit code " + result.exit()));
            }
        }
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static void file(ArrayNode files, String path, int mode, byte[] bytes) {
        files.addObject().put("path", path).put("mode", mode).put("overwrite", true).putObject("contents")
                .put("source", "data:;base64," + Base64.getEncoder().encodeToString(bytes));
    }
}

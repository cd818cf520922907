package common.vm;

//SOURCES ../cli/Cli.java
//SOURCES ../http/Http.java
//SOURCES KcliPlan.java

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import common.cli.Cli;
import okhttp3.HttpUrl;

/**
 * QEMU's user-mode network with the addresses of a plan: no bridge, no root, no daemon. ssh is forwarded from a port of
 * 127.0.0.1.
 *
 * @param net in CIDR notation
 * @param host where the guest finds this host, its gateway
 * @param guest the guest's address, which DHCP gives it, too
 * @param service an address that is nobody's
 */
public record UserNetwork(String net, String host, String dns, String guest, String service) {
    private static final KcliPlan.Net QEMUS =
            new KcliPlan.Net("user", "ens3", "10.0.2.15", 24, "10.0.2.2", List.of("10.0.2.3"), null);

    /** The plan's subnet and addresses, QEMU's own where the plan has none. */
    public static UserNetwork of(KcliPlan.Net planned) {
        KcliPlan.Net net = planned.ip() == null ? QEMUS : planned;
        if (net.prefix() < 4 || net.prefix() > 28) {
            throw new Cli.Failure("a user-mode network needs a mask from /4 to /28, not /" + net.prefix());
        }
        int mask = -1 << 32 - net.prefix();
        int base = number(net.ip()) & mask;
        List<String> taken = new ArrayList<>(List.of(net.ip()));
        List<String> chosen = new ArrayList<>();
        for (String wish : new String[] {net.gateway(), net.dns().isEmpty() ? null : net.dns().get(0), null}) {
            boolean fits = wish != null && (number(wish) & mask) == base && !taken.contains(wish);
            String address = fits ? wish : Stream.iterate((base | ~mask) - 1, n -> n - 1).map(UserNetwork::text)
                    .filter(a -> !taken.contains(a) && !a.equals(net.gateway())).findFirst().orElseThrow();
            taken.add(address);
            chosen.add(address);
        }
        return new UserNetwork(text(base) + "/" + net.prefix(), chosen.get(0), chosen.get(1), net.ip(), chosen.get(2));
    }

    /**
     * QEMU's -netdev value. Of other hosts the guest reaches only the web server at {@code artifacts}, at
     * {@link #seen}; TLS needs the server's real name, so with https nothing is cut off.
     */
    public String restricted(String id, int sshPort, HttpUrl artifacts) {
        if (artifacts.isHttps()) {
            return open(id, sshPort);
        }
        if (!artifacts.host().matches("[\\w.:-]+")) { // it goes into a shell's line, and OkHttp lets quotes through
            throw new Cli.Failure(Cli.USAGE, "--artifacts: not a host name: " + artifacts.host());
        }
        // slirp runs the command once for each connection, in a session of its own, the connection as stdin and stdout
        String relay = "/bin/bash -c 'exec 3<>/dev/tcp/" + artifacts.host() + "/" + artifacts.port()
                + "; (cat >&3; kill 0) <&0 & cat <&3; kill 0'";
        return open(id, sshPort) + ",restrict=on,guestfwd=tcp:" + service + ":" + artifacts.port() + "-cmd:" + relay;
    }

    /** QEMU's -netdev value; the guest reaches what this host reaches, and this host itself at {@code host}. */
    public String open(String id, int sshPort) {
        return "user,id=" + id + ",ipv6=off,net=" + net + ",host=" + host + ",dns=" + dns + ",dhcpstart=" + guest
                + ",hostfwd=tcp:127.0.0.1:" + sshPort + "-" + guest + ":22";
    }

    /** The address of the web server for the guest of {@link #restricted}. */
    public HttpUrl seen(HttpUrl artifacts) {
        return artifacts.isHttps() ? artifacts : artifacts.newBuilder().host(service).build();
    }

    /** The address of the web server for the guest of {@link #open}: loopback is the gateway there. */
    public HttpUrl seenOpen(HttpUrl artifacts) {
        return artifacts.host().matches("127\\..*|localhost") ? artifacts.newBuilder().host(host).build() : artifacts;
    }

    private static int number(String address) {
        int number = 0;
        for (String part : address.split("\\.")) {
            number = number << 8 | Integer.parseInt(part);
        }
        return number;
    }

    private static String text(int n) {
        return (n >>> 24) + "." + (n >> 16 & 255) + "." + (n >> 8 & 255) + "." + (n & 255);
    }
}

package common.http;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The proxy that {@code HTTP_PROXY}, {@code HTTPS_PROXY} and {@code NO_PROXY} name (also in lower case), as curl and
 * podman read them; Java itself ignores these. NO_PROXY holds host names, domain suffixes, addresses or {@code *}.
 */
final class EnvironmentProxy extends ProxySelector {
    private final Map<String, String> env;

    EnvironmentProxy(Map<String, String> env) {
        this.env = env;
    }

    @Override
    public List<Proxy> select(URI uri) {
        String proxy = variable(uri.getScheme() + "_proxy");
        if (proxy.isEmpty() || isDirect(uri.getHost())) {
            return List.of(Proxy.NO_PROXY);
        }
        URI address = URI.create(proxy.contains("://") ? proxy : "http://" + proxy);
        return List.of(new Proxy(Proxy.Type.HTTP, InetSocketAddress.createUnresolved(address.getHost(),
                address.getPort() < 0 ? 80 : address.getPort())));
    }

    private boolean isDirect(String host) {
        return host.equals("localhost") || host.startsWith("127.") || host.equals("[::1]")
                || Stream.of(variable("no_proxy").split(",")).map(n -> n.strip().replaceFirst("^\\*?\\.", ""))
                        .anyMatch(n -> n.equals("*") || !n.isEmpty() && (host.equals(n) || host.endsWith("." + n)));
    }

    private String variable(String name) {
        return env.getOrDefault(name, env.getOrDefault(name.toUpperCase(), ""));
    }

    @Override
    public void connectFailed(URI uri, SocketAddress address, IOException e) {
        // the call itself reports it
    }
}

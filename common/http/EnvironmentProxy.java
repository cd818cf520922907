package common.http;

//SOURCES ../cli/Cli.java
//SOURCES NoProxy.java

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import common.cli.Cli;
import okhttp3.Authenticator;
import okhttp3.Credentials;
import okhttp3.HttpUrl;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.Route;

/**
 * The proxy that {@code HTTP_PROXY}, {@code HTTPS_PROXY} and {@code NO_PROXY} name, also in lower case, as podman and
 * skopeo read them (Go, golang.org/x/net/http/httpproxy); Java itself ignores these. A proxy is
 * {@code [http://][USER:PASSWORD@]HOST[:PORT]} or {@code socks5://HOST[:PORT]}.
 */
final class EnvironmentProxy extends ProxySelector implements Authenticator {
    private static final Pattern ADDRESS =
            Pattern.compile("(?:(\\w[\\w+.-]*)://)?(?:(.*)@)?(\\[[0-9A-Fa-f:.]+]|[^:/@\\s\\[\\]]+)(?::(\\d{1,5}))?(?:/.*)?");

    private final Map<String, String> env;
    private final NoProxy direct;

    /** A proxy as it was named; {@code userInfo} is a secret, and null when there is none. */
    private record Named(String variable, String scheme, String userInfo, String host, int port) {
        Proxy proxy() {
            return new Proxy(scheme.startsWith("socks5") ? Proxy.Type.SOCKS : Proxy.Type.HTTP,
                    InetSocketAddress.createUnresolved(host, port));
        }
    }

    EnvironmentProxy(Map<String, String> env) {
        this.env = env;
        this.direct = new NoProxy(variable("no_proxy"));
    }

    @Override
    public List<Proxy> select(URI uri) {
        Named named = named(HttpUrl.get(uri));
        return List.of(named == null ? Proxy.NO_PROXY : named.proxy());
    }

    /** The proxy's {@code HOST:PORT} and the variable that names it, in words; null when the host is asked directly. */
    String of(HttpUrl url) {
        Named named = named(url);
        return named == null ? null : "proxy " + named.host + ":" + named.port + " (" + named.variable + ")";
    }

    private Named named(HttpUrl url) {
        String variable = url.scheme() + "_proxy";
        String value = variable(variable).strip();
        if (value.isEmpty() || direct.covers(url.host(), url.port())) {
            return null;
        }
        Matcher address = ADDRESS.matcher(value);
        String scheme = address.matches() && address.group(1) != null ? address.group(1).toLowerCase(Locale.ROOT) : "http";
        int port = !address.matches() || address.group(4) == null ? scheme.equals("http") ? 80 : 1080
                : Integer.parseInt(address.group(4));
        if (!address.matches() || !List.of("http", "socks5", "socks5h").contains(scheme) || port > 65535) {
            throw new Cli.Failure("the environment's " + variable + " names no proxy that can be used"
                    + (scheme.equals("https") ? ": https:// to the proxy itself is not supported"
                    : "; expected http://HOST:PORT or socks5://HOST:PORT"));
        }
        return new Named(variable, scheme, address.group(2), address.group(3).replaceAll("[\\[\\]]", ""), port);
    }

    /** Shows the proxy its credentials once: the proxy of the request, never the server. */
    @Override
    public Request authenticate(Route route, Response response) {
        Request request = response.request();
        boolean shown = request.header("Proxy-Authorization") != null;
        Named named = named(request.url());
        if (shown || named == null || named.userInfo == null) {
            return null;
        }
        String[] parts = named.userInfo.split(":", 2);
        return request.newBuilder().header("Proxy-Authorization",
                Credentials.basic(decoded(parts[0]), parts.length == 1 ? "" : decoded(parts[1]), StandardCharsets.UTF_8))
                .build();
    }

    private static String decoded(String part) {
        try {
            return URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) { // a lone % is one
            return part;
        }
    }

    private String variable(String name) {
        String upper = env.getOrDefault(name.toUpperCase(), "");
        return upper.isEmpty() ? env.getOrDefault(name, "") : upper;
    }

    @Override
    public void connectFailed(URI uri, SocketAddress address, IOException e) {
        // the call itself reports it
    }
}

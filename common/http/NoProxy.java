package common.http;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Which hosts need no proxy, as Go reads {@code NO_PROXY} (golang.org/x/net/http/httpproxy): comma-separated
 * {@code *} for all, {@code 10.0.0.0/8}, {@code 10.1.2.3[:PORT]}, {@code example.com[:PORT]} with everything below it,
 * {@code .example.com} or {@code *.example.com} without the domain itself. localhost and loopback addresses never need
 * one.
 */
public final class NoProxy {
    private static final Pattern LITERAL = Pattern.compile("\\d+(\\.\\d+){3}|[0-9a-f.]*:[0-9a-f:.]*(%.*)?");

    private interface Rule {
        /** {@code address} is null unless the host is an address. */
        boolean covers(String host, InetAddress address, int port);
    }

    private final List<Rule> rules = new ArrayList<>();

    public NoProxy(String list) {
        for (String entry : list.toLowerCase(Locale.ROOT).split(",")) {
            String word = entry.strip();
            if (word.equals("*")) {
                rules.add((host, address, port) -> true);
            } else if (!word.isEmpty()) {
                add(word);
            }
        }
    }

    private void add(String word) {
        int slash = word.indexOf('/');
        InetAddress network = slash > 0 ? address(word.substring(0, slash)) : null;
        if (network != null && word.substring(slash + 1).matches("\\d{1,3}")) {
            int bits = Integer.parseInt(word.substring(slash + 1));
            rules.add((host, address, port) -> address != null && sameNetwork(network, address, bits));
            return;
        }
        String host = word;
        int only = -1;
        int colon = word.lastIndexOf(':');
        boolean bracketed = word.startsWith("[");
        if (colon >= 0 && (bracketed ? word.charAt(colon - 1) == ']' : word.indexOf(':') == colon)) {
            if (colon == 0 || !word.substring(colon + 1).matches("\\d{1,5}")) {
                return; // malformed, and ignored as Go does
            }
            only = Integer.parseInt(word.substring(colon + 1));
            host = word.substring(0, colon);
        }
        host = host.replaceAll("^\\[|]$", "");
        int onlyPort = only;
        InetAddress literal = address(host);
        if (literal != null) {
            rules.add((h, address, port) -> literal.equals(address) && (onlyPort < 0 || onlyPort == port));
            return;
        }
        String name = host.startsWith("*.") ? host.substring(1) : host;
        String suffix = name.startsWith(".") ? name : "." + name;
        rules.add((h, address, port) -> (h.endsWith(suffix) || h.equals(name)) && (onlyPort < 0 || onlyPort == port));
    }

    /** {@code host} as in a URL; an IPv6 address without brackets. */
    public boolean covers(String host, int port) {
        String name = host.toLowerCase(Locale.ROOT).replaceAll("\\.$", "");
        InetAddress address = address(name);
        return name.equals("localhost") || address != null && address.isLoopbackAddress()
                || rules.stream().anyMatch(r -> r.covers(name, address, port));
    }

    /** Never asks DNS. */
    private static InetAddress address(String text) {
        try {
            return LITERAL.matcher(text).matches() ? InetAddress.getByName(text) : null;
        } catch (UnknownHostException e) {
            return null;
        }
    }

    private static boolean sameNetwork(InetAddress network, InetAddress address, int bits) {
        byte[] a = network.getAddress();
        byte[] b = address.getAddress();
        int hostBits = a.length * 8 - bits;
        return a.length == b.length && hostBits >= 0
                && new BigInteger(1, a).shiftRight(hostBits).equals(new BigInteger(1, b).shiftRight(hostBits));
    }
}

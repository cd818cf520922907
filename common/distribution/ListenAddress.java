package common.distribution;

//SOURCES ../cli/Cli.java

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.Channel;
import java.nio.channels.ServerSocketChannel;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import common.cli.Cli;

/** Where a registry listens: at an address of its own, or on a socket that systemd holds for it. */
public record ListenAddress(String host, int port) {
    private static final Pattern FORM = Pattern.compile("(\\[[0-9a-fA-F:]+]|[\\w.-]+):([0-9]{1,5})");

    /** Reads {@code ADDRESS:PORT}; anything else is a {@link Cli.Failure}. */
    public static ListenAddress of(String text) {
        Matcher address = FORM.matcher(text);
        if (!address.matches() || Integer.parseInt(address.group(2)) > 65535) {
            throw new Cli.Failure(Cli.USAGE, "--listen: expected ADDRESS:PORT, such as 127.0.0.1:22700, not " + text);
        }
        return new ListenAddress(address.group(1), Integer.parseInt(address.group(2)));
    }

    /** Throws {@link Cli.Failure} when the host has no address. */
    public InetSocketAddress socket() {
        try {
            return new InetSocketAddress(InetAddress.getByName(host), port);
        } catch (UnknownHostException e) {
            throw new Cli.Failure(Cli.USAGE, "--listen: no address of that name: " + host, e);
        }
    }

    /**
     * The listening socket that this process got as its stdin (systemd.socket(5), {@code Accept=no}; systemd.exec(5),
     * {@code StandardInput=socket}), or null. One that others than this host reach must be this very address.
     */
    public ServerSocketChannel inherited() throws IOException {
        Channel channel = System.inheritedChannel();
        if (!(channel instanceof ServerSocketChannel listening)) {
            return null;
        }
        if (listening.getLocalAddress() instanceof InetSocketAddress at && !at.getAddress().isLoopbackAddress()
                && !at.equals(socket())) {
            throw new Cli.Failure(Cli.USAGE, "the socket on stdin listens on " + at.getAddress().getHostAddress() + ":"
                    + at.getPort() + ", which other hosts reach; if that is meant, name it with --listen");
        }
        return listening;
    }

    /** The same with the port that was to be had. */
    public ListenAddress withPort(int actual) {
        return new ListenAddress(host, actual);
    }

    @Override
    public String toString() {
        return host + ":" + port;
    }
}

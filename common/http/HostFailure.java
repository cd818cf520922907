package common.http;

import java.io.IOException;

/**
 * A failure that was not that of the host which was asked: of one that it redirected to, or on the way through a proxy.
 * {@link Http#explain} says whose it was.
 */
final class HostFailure extends IOException {
    private static final long serialVersionUID = 1;

    final String host;
    /** In words; null when the host was asked directly. */
    final String proxy;
    final IOException reason;

    HostFailure(String host, String proxy, IOException reason) {
        super(reason.getMessage(), reason);
        this.host = host;
        this.proxy = proxy;
        this.reason = reason;
    }
}

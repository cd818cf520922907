package common.registry;

//SOURCES ../cli/Json.java
//SOURCES ../http/Http.java
//SOURCES ../http/Retry.java
//SOURCES ../oci/Descriptor.java
//SOURCES ../oci/Digest.java
//SOURCES ../oci/RegistriesConf.java
//SOURCES Registry.java
//SOURCES RegistryRefusal.java

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;

import common.http.Http;
import common.http.Retry;
import common.oci.Descriptor;
import common.oci.Digest;
import common.oci.RegistriesConf.Endpoint;
import okhttp3.Response;

/**
 * A blob as a stream, with one GET where all goes well; a connection that breaks is continued with Range, at the next
 * endpoint if there is one. The end of the stream is reached only by bytes that have the blob's size and digest: what
 * was read may be trusted once the end was read.
 */
final class BlobStream extends InputStream {
    private final Registry registry;
    private final List<Endpoint> endpoints;
    private final Descriptor blob;
    private final MessageDigest sha256 = Digest.sha256();
    private Response response;
    private InputStream body;
    private long have;
    private boolean checked;
    private IOException fatal;

    BlobStream(Registry registry, List<Endpoint> endpoints, Descriptor blob) {
        this.registry = registry;
        this.endpoints = new ArrayList<>(endpoints);
        this.blob = blob;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int from, int length) throws IOException {
        if (fatal != null) {
            throw fatal; // no further tries
        }
        for (Retry retry = new Retry(); have < blob.size();) {
            try {
                if (body == null) {
                    open();
                }
                int n = body.read(bytes, from, (int) Math.min(length, blob.size() - have));
                if (n < 0) {
                    throw new EOFException("ended after " + have + " of " + blob.size() + " bytes");
                }
                sha256.update(bytes, from, n);
                have += n;
                return n;
            } catch (IOException e) {
                close();
                nextEndpoint(e, retry);
            }
        }
        check();
        return -1;
    }

    private void open() throws IOException {
        response = registry.blob(endpoints.get(0), blob.digest()).open(have, null);
        body = response.body().byteStream();
        if (have > 0 && response.code() != 206) {
            body.skipNBytes(have); // it does not know Range and begins again
        } else if (have > 0 && !String.valueOf(response.header("Content-Range")).startsWith("bytes " + have + "-")) {
            throw new EOFException("the server sent another range than asked");
        }
    }

    /** One that refuses is left out, one whose connection broke comes last. */
    private void nextEndpoint(IOException e, Retry retry) throws IOException {
        Endpoint at = endpoints.remove(0);
        boolean refused = e instanceof RegistryRefusal;
        boolean passing = !refused && Retry.isPassing(e);
        if (passing) {
            endpoints.add(at);
        }
        if (endpoints.isEmpty() || passing && !retry.again()) {
            fatal = refused ? e : new IOException(at + " " + blob.digest() + ": " + Http.explain(e, at.host()), e);
            throw fatal;
        }
    }

    private void check() throws IOException {
        if (!checked) {
            Digest actual = Digest.of(sha256);
            if (!actual.equals(blob.digest())) {
                fatal = new IOException(endpoints.get(0) + ": the bytes of layer " + blob.digest() + " have " + actual
                        + "; the registry or its storage is damaged");
                throw fatal;
            }
            checked = true;
        }
    }

    /** Ends the request; nothing is checked. */
    @Override
    public void close() {
        if (response != null) {
            response.close();
        }
        response = null;
        body = null;
    }
}

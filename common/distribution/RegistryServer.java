package common.distribution;

//SOURCES ../cli/Cli.java
//SOURCES Answer.java
//SOURCES PullApi.java
//DEPS org.eclipse.jetty:jetty-server:12.1.13
//DEPS org.slf4j:slf4j-api:2.0.17
//DEPS org.slf4j:slf4j-nop:2.0.17

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;

import common.cli.Cli;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.RequestLog;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/**
 * Plain HTTP for a {@link PullApi}, on Jetty: a file is streamed through one buffer a connection, a client that reads
 * slowly takes no thread, and bytes that are no HTTP (clients try TLS first) are answered 400 at once.
 */
public final class RegistryServer implements AutoCloseable {
    private static final int THREADS = 8;
    private static final int CONNECTIONS = 256;
    private static final int BUFFER = 64 << 10;
    private static final long IDLE_MILLIS = 30_000;
    /** A client that unpacks while it downloads may stop reading for a while. */
    private static final long SLOW_READER_MILLIS = 300_000;

    private final Server server;
    private final ServerConnector connector;

    /**
     * Listens, and answers.
     *
     * @param listening a socket that somebody else opened, or null: one of ours at this address
     * @param log hears of each request when its answer has ended; null: none
     * @throws Cli.Failure when the address cannot be had
     */
    public RegistryServer(PullApi api, InetSocketAddress address, ServerSocketChannel listening, RequestLog log) {
        // 64 bytes of references, as everywhere with so little memory: Jetty would start all of JMX to ask
        System.setProperty("org.eclipse.jetty.util.referencesPerCacheLine", "16");
        QueuedThreadPool threads = new QueuedThreadPool(THREADS, 2);
        threads.setName("registry");
        threads.setReservedThreads(0);
        server = new Server(threads);
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        connector = new ServerConnector(server, 1, 1, new HttpConnectionFactory(http));
        connector.setIdleTimeout(IDLE_MILLIS);
        connector.setAcceptQueueSize(CONNECTIONS);
        connector.setHost(address.getAddress().getHostAddress());
        connector.setPort(address.getPort());
        server.addConnector(connector);
        server.addBean(new NetworkConnectionLimit(CONNECTIONS, connector));
        server.setHandler(new Answers(api));
        server.setErrorHandler((request, response, callback) -> { // what is no request at all comes here
            respond(Answer.error(response.getStatus(), "UNSUPPORTED", "not a request that a registry knows"), request,
                    response, callback);
            return true;
        });
        server.setRequestLog(log);
        try {
            if (listening != null) {
                connector.open(listening);
            }
            server.start();
        } catch (IOException e) {
            close();
            throw new Cli.Failure(Cli.FAILED, "cannot listen on " + address.getHostString() + ":" + address.getPort() + ": "
                    + (e.getCause() == null ? e : e.getCause()).getMessage(), e);
        } catch (Exception e) {
            close();
            throw new IllegalStateException(e);
        }
    }

    /** The port; one that was asked for as 0 is known now. */
    public int port() {
        return connector.getLocalPort();
    }

    /** Waits until the server is closed or this thread is interrupted. */
    public void await() {
        try {
            server.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        Thread.interrupted(); // Jetty waits for its threads
        try {
            server.stop();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static final class Answers extends Handler.Abstract {
        private final PullApi api;
        private String lastFault;
        private long lastFaultMillis;

        Answers(PullApi api) {
            this.api = api;
        }

        @Override
        public boolean handle(Request request, Response response, Callback callback) {
            Answer answer;
            try {
                answer = api.answer(new PullApi.Request(request.getMethod(), request.getHttpURI().getPath(),
                        request.getHttpURI().getQuery(), request.getHeaders().get(HttpHeader.RANGE),
                        request.getHeaders().get(HttpHeader.IF_RANGE)));
            } catch (IOException | UncheckedIOException e) {
                fault(e);
                answer = PullApi.failed(e);
            }
            boolean file = answer.file() != null;
            respond(answer, request, response, !file ? callback : Callback.from(callback::succeeded, e -> {
                if (e instanceof IOException && !(e instanceof org.eclipse.jetty.io.EofException)) {
                    fault(e);
                }
                callback.failed(e); // the connection is cut: fewer bytes than were announced
            }));
            return true;
        }

        /** One line a minute for a disk that fails, however many requests meet it. */
        private synchronized void fault(Throwable reason) {
            String fault = Cli.describe(reason);
            long now = System.currentTimeMillis();
            if (!fault.equals(lastFault) || now - lastFaultMillis > 60_000) {
                System.err.println("the disk does not answer, clients are sent elsewhere: " + fault);
                lastFault = fault;
                lastFaultMillis = now;
            }
        }
    }

    private static void respond(Answer answer, Request request, Response response, Callback callback) {
        response.setStatus(answer.status());
        answer.headers().forEach(response.getHeaders()::put);
        response.getHeaders().put("Docker-Distribution-Api-Version", "registry/2.0");
        response.getHeaders().put(HttpHeader.CONTENT_LENGTH, answer.length());
        if (request.getMethod().equals("HEAD") || answer.length() == 0) {
            response.write(true, null, callback);
        } else if (answer.bytes() != null) {
            response.write(true, ByteBuffer.wrap(answer.bytes()), callback);
        } else {
            EndPoint client = request.getConnectionMetaData().getConnection().getEndPoint();
            client.setIdleTimeout(SLOW_READER_MILLIS);
            Content.Source file = Content.Source.from(
                    new ByteBufferPool.Sized(request.getComponents().getByteBufferPool(), true, BUFFER), answer.file(),
                    answer.from(), answer.length());
            Content.copy(file, response, Callback.from(() -> client.setIdleTimeout(IDLE_MILLIS), callback));
        }
    }
}

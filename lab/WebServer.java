//SOURCES LoopbackServer.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** nginx as artifact server on loopback: one folder with listings; nothing of the distribution's configuration. */
final class WebServer extends LoopbackServer {
    private final Path access;

    private WebServer(Path folder, Path config, int port) {
        super(List.of("nginx", "-p", folder.toString(), "-c", config.toString()), port,
                folder.resolve("nginx.log"));
        access = folder.resolve("access.log");
    }

    /** Serves {@code root}; configuration, logs and temporary files are written into {@code folder}. */
    static WebServer start(Path folder, Path root) throws IOException {
        return start(folder, root, "");
    }

    /** The same over https; {@code certificate} and {@code key}: PEM files. */
    static WebServer tls(Path folder, Path root, Path certificate, Path key) throws IOException {
        return start(folder, root, " ssl; ssl_certificate \"" + certificate + "\"; ssl_certificate_key \"" + key + "\"");
    }

    private static WebServer start(Path folder, Path root, String tls) throws IOException {
        int port = freePort();
        Path config = Files.createDirectories(folder).resolve("nginx.conf");
        Files.writeString(config, configuration(folder, root, port + tls));
        return new WebServer(folder, config, port);
    }

    @Override
    Path accessLog() {
        return access;
    }

    /** One process in the foreground: it reads what the user who started it may read, and one pid ends it. */
    private static String configuration(Path folder, Path root, String listen) {
        return """
                daemon off;
                master_process off;
                pid "%1$s/nginx.pid";
                error_log "%1$s/error.log";
                events { worker_connections 256; }
                http {
                    log_format lab '$remote_addr - - [$time_local] "$request" $status $body_bytes_sent "$http_range"';
                    access_log "%1$s/access.log" lab;
                    client_body_temp_path "%1$s/body";
                    proxy_temp_path "%1$s/proxy";
                    fastcgi_temp_path "%1$s/fastcgi";
                    uwsgi_temp_path "%1$s/uwsgi";
                    scgi_temp_path "%1$s/scgi";
                    default_type application/octet-stream;
                    sendfile on;
                    server {
                        listen 127.0.0.1:%3$s;
                        root "%2$s";
                        autoindex on;
                    }
                }
                """.formatted(folder, root, listen);
    }
}

package common.distribution;

//DEPS org.eclipse.jetty:jetty-server:12.1.13

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.RequestLog;
import org.eclipse.jetty.server.Response;

/**
 * A line for each request in the common log format, appended to a file, and the range that was asked for:
 * {@code 127.0.0.1 - - [25/Nov/2026:18:00:00 +0000] "GET /v2/ HTTP/1.1" 200 3 "-"}.
 */
public final class AccessLog implements RequestLog, AutoCloseable {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("dd/MMM/yyyy:HH:mm:ss Z", Locale.ROOT);

    private final PrintStream file;

    private AccessLog(PrintStream file) {
        this.file = file;
    }

    public static AccessLog to(Path file) throws IOException {
        return new AccessLog(new PrintStream(Files.newOutputStream(file, StandardOpenOption.CREATE,
                StandardOpenOption.APPEND), true, StandardCharsets.UTF_8));
    }

    @Override
    public void log(Request request, Response response) {
        String range = request.getHeaders().get(HttpHeader.RANGE);
        String line = "%s - - [%s] \"%s %s %s\" %d %d \"%s\"".formatted(Request.getRemoteAddr(request),
                ZonedDateTime.now(ZoneOffset.UTC).format(TIME), request.getMethod(), request.getHttpURI().getPathQuery(),
                request.getConnectionMetaData().getHttpVersion().asString(), response.getStatus(),
                Response.getContentBytesWritten(response), range == null ? "-" : range.replace('"', '\''));
        file.println(line.replaceAll("\\p{Cntrl}", "?"));
    }

    @Override
    public void close() {
        file.close();
    }
}

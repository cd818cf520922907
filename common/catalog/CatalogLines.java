package common.catalog;

//SOURCES CatalogProperty.java

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;


/**
 * A YAML catalog without the lines that {@link FileBasedCatalog} would skip: descriptions, icons, and the properties
 * with whole manifests. They are nearly all of a catalog, and a YAML parser, which has to look at each character of
 * them, takes ten times as long as one for JSON and leaves a gigabyte to the garbage collector. In their place are
 * empty lines, so that line numbers stay right. Errors in what is left out are not found.
 *
 * <p>A line is left out only where block style makes plain what it belongs to: below a top-level key of letters, or in
 * an element of {@code properties} that begins with its type. Content is indented more than its key, or a sequence as
 * much (YAML 1.2 section 8.2). A document with anything else at its left edge is passed on as it is from there.
 */
final class CatalogLines extends InputStream {
    private static final Set<String> WANTED = Set.of("schema", "package", "name", "defaultChannel", "image", "entries",
            "relatedImages", "properties");
    private static final Pattern KEY = Pattern.compile("([A-Za-z][\\w.-]*):(\\s.*)?", Pattern.DOTALL);
    private static final Pattern ELEMENT = Pattern.compile("-\\s+type:\\s+([\"']?)([\\w./-]+)\\1\\s*\\R.*",
            Pattern.DOTALL);
    private static final int BEGINNING = 256;

    private final InputStream in;
    private final byte[] buffer = new byte[64 << 10];
    private int from;
    private int to;
    private boolean atLineStart = true;
    private boolean passLine;

    private String key;
    private boolean passAll;
    private boolean passContent;
    private int elementIndent;

    CatalogLines(InputStream in) {
        this.in = in;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        int n = 0;
        while (n < length && buffered(atLineStart ? BEGINNING : 1)) {
            if (atLineStart) {
                passLine = passes();
                atLineStart = false;
            }
            int end = from;
            while (end < to && buffer[end] != '\n') {
                end++;
            }
            if (passLine) {
                int piece = Math.min(end - from, length - n);
                System.arraycopy(buffer, from, bytes, offset + n, piece);
                from += piece;
                n += piece;
            } else {
                from = end;
            }
            if (from < to && buffer[from] == '\n' && n < length) {
                bytes[offset + n++] = buffer[from++];
                atLineStart = true;
            }
        }
        return n == 0 && length > 0 ? -1 : n;
    }

    /** Has that many bytes ready, or all that are left; false when none is. */
    private boolean buffered(int wanted) throws IOException {
        if (to - from < wanted) {
            System.arraycopy(buffer, from, buffer, 0, to - from);
            to -= from;
            from = 0;
            to += in.readNBytes(buffer, to, buffer.length - to);
        }
        return from < to;
    }

    /** Decides by its beginning about the line at {@code from}. */
    private boolean passes() {
        int at = from;
        while (at < to && buffer[at] == ' ') {
            at++;
        }
        int indent = at - from;
        byte first = at < to ? buffer[at] : (byte) '\n';
        if (indent == 0 && first != '#' && first != '\r' && first != '\n') {
            if (first == '-' && beginning(at).matches("(?s)---(\\s.*)?")) {
                key = null;
                passAll = !beginning(at).matches("(?s)---\\s*(\\R.*)?"); // what else is on this line is content
                return true;
            }
            if (!passAll && (first != '-' || key == null)) {
                Matcher matcher = KEY.matcher(beginning(at));
                passAll = !matcher.matches();
                key = passAll ? null : matcher.group(1);
                passContent = WANTED.contains(key == null ? "" : key);
                elementIndent = Integer.MAX_VALUE;
                return passAll || passContent;
            }
        }
        if (!passAll && first == '-' && "properties".equals(key) && indent <= elementIndent) {
            elementIndent = indent;
            Matcher type = ELEMENT.matcher(beginning(at));
            passContent = !type.matches() || CatalogProperty.TYPES.contains(type.group(2));
            return true;
        }
        return passAll || passContent;
    }

    private String beginning(int at) {
        return new String(buffer, at, Math.min(BEGINNING, to - at), StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}

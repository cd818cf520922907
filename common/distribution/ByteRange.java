package common.distribution;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The part of a file that a request asks for: {@code length} bytes from an offset. */
record ByteRange(long from, long length) {
    private static final Pattern ONE = Pattern.compile("bytes=([0-9]{0,18})-([0-9]{0,18})");

    /**
     * Reads a Range header (RFC 9110, section 14.2). Null, what is malformed and several ranges are all of the file, as a
     * server may answer; {@code length} 0 of a file that is not empty: no byte of the range is in it.
     */
    static ByteRange of(String header, long size) {
        Matcher range = ONE.matcher(header == null ? "" : header.strip());
        ByteRange all = new ByteRange(0, size);
        if (!range.matches() || range.group(1).isEmpty() && range.group(2).isEmpty()) {
            return all;
        }
        if (range.group(1).isEmpty()) { // the last so many
            long last = Math.min(size, Long.parseLong(range.group(2)));
            return new ByteRange(size - last, last);
        }
        long from = Long.parseLong(range.group(1));
        long to = range.group(2).isEmpty() ? Long.MAX_VALUE - 1 : Long.parseLong(range.group(2));
        return to < from ? all : new ByteRange(from, Math.max(0, Math.min(size, to + 1) - from));
    }
}

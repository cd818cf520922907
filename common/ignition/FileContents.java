package common.ignition;

//SOURCES ../cli/Json.java

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * What an Ignition config writes into a file: {@code contents} and {@code append} of an entry of {@code storage.files},
 * each a {@code source} that may be a data URL (RFC 2397) and a {@code compression} that may be gzip.
 */
final class FileContents {
    private static final int LONGEST = 16 << 20;
    /** Below this a gzip header and trailer in base64 save nothing. */
    private static final int WORTHWHILE = 256;

    private FileContents() {
    }

    /** {@code contents} and the elements of {@code append}. */
    static List<JsonNode> parts(JsonNode file) {
        List<JsonNode> parts = new ArrayList<>();
        parts.add(file.path("contents"));
        file.path("append").forEach(parts::add);
        return parts;
    }

    /** The text that a part writes; empty when it comes from elsewhere or cannot be read. */
    static String text(JsonNode part) {
        try {
            byte[] bytes = bytes(part.path("source").asText());
            if (part.path("compression").asText().equals("gzip")) {
                bytes = new GZIPInputStream(new ByteArrayInputStream(bytes)).readNBytes(LONGEST);
            }
            return new String(bytes, StandardCharsets.UTF_8);
        } catch (IOException | IllegalArgumentException e) {
            return "";
        }
    }

    private static byte[] bytes(String source) {
        int comma = source.indexOf(',');
        if (!source.startsWith("data:") || comma < 0) {
            return new byte[0];
        }
        String data = URLDecoder.decode(source.substring(comma + 1).replace("+", "%2B"), StandardCharsets.ISO_8859_1);
        return source.substring(0, comma).endsWith(";base64") ? Base64.getMimeDecoder().decode(data)
                : data.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Packs each part of a config's files that gets smaller by it; the files that Ignition writes are the same. */
    static void compress(JsonNode config) {
        for (JsonNode file : config.path("storage").path("files")) {
            for (JsonNode part : parts(file)) {
                String source = part.path("source").asText();
                boolean plain = part.path("compression").asText().isEmpty() && !part.hasNonNull("verification");
                if (plain && source.startsWith("data:") && source.length() > WORTHWHILE) {
                    String packed = "data:;base64," + Base64.getEncoder().encodeToString(gzip(bytes(source)));
                    if (packed.length() < source.length()) {
                        ((ObjectNode) part).put("source", packed).put("compression", "gzip");
                    }
                }
            }
        }
    }

    private static byte[] gzip(byte[] bytes) {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return packed.toByteArray();
    }
}

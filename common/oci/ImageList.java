package common.oci;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ImageReference.java

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import common.cli.Cli;

/**
 * An image list file: a line is {@code REFERENCE [TAG] [!whole]}, with {@code #} comments, blank lines and CRLF allowed. The
 * reference names its registry host; short names would mean another image on another host. TAG is a further tag to give
 * the image on the node. {@code !whole} marks an image that no container runs from, such as the operating system's: it
 * is pulled on site, so it goes there as blobs in every mode, and is neither loaded nor in a store. A reference that is
 * listed twice counts once, with all its tags.
 */
public record ImageList(Path file, List<Entry> entries) {
    /** The last word of such a line. */
    public static final String WHOLE = "!whole";
    private static final Pattern TAG = Pattern.compile("\\w[\\w.-]{0,127}");

    /** {@code text} is the reference exactly as listed, by which the image must answer on the node. */
    public record Entry(String text, ImageReference reference, List<String> tags, boolean whole) {
        /** The reference without tag and digest, as listed: {@code quay.io/org/name}. */
        public String repository() {
            return reference.repository();
        }

        /** The name under which the original's tarballs carry it: last path component, first {@code :} as {@code _}. */
        public String tarballName() {
            return text.substring(text.lastIndexOf('/') + 1).replaceFirst(":", "_");
        }
    }

    /** Throws {@link Cli.Failure} with the line number when a line is malformed, and when nothing is listed. */
    public static ImageList read(Path file) {
        Map<String, Entry> entries = new LinkedHashMap<>();
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (NoSuchFileException e) {
            throw new Cli.Failure(Cli.FAILED, "no image list " + file + "; name one with --list", e);
        } catch (IOException e) {
            throw new Cli.Failure(Cli.FAILED, "image list " + file + ": not a readable UTF-8 text file", e);
        }
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).replaceFirst("^\uFEFF", "").replaceFirst("(^|\\s)#.*", "").strip();
            if (!line.isEmpty()) {
                Entry entry = entry(line, file + ":" + (i + 1));
                entries.merge(entry.text, entry, ImageList::join);
            }
        }
        Map<String, String> tagged = new HashMap<>();
        for (Entry entry : entries.values()) {
            for (String tag : entry.text.contains("@") ? entry.tags : List.<String>of()) {
                String other = tagged.putIfAbsent(entry.repository() + ":" + tag, entry.text);
                if (other != null) {
                    throw new Cli.Failure("image list " + file + ": " + entry.repository() + ":" + tag + " is to be both "
                            + other + " and " + entry.text);
                }
            }
        }
        if (entries.isEmpty()) {
            throw new Cli.Failure("image list " + file + " is empty: one image reference a line is expected");
        }
        return new ImageList(file, List.copyOf(entries.values()));
    }

    /**
     * The list file in a set's folder: the one with the set's name on the partition, else the only one.
     *
     * @throws Cli.Failure when there is none or several
     */
    public static Path in(Path set, String name) {
        Path own = set.resolve(name + ".txt");
        if (Files.exists(own)) {
            return own;
        }
        List<Path> lists = new ArrayList<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(set, "*.txt")) {
            found.forEach(lists::add);
        } catch (IOException e) {
            throw new Cli.Failure(Cli.FAILED, "not a readable folder: " + set, e);
        }
        if (lists.size() != 1) {
            String names = lists.stream().map(f -> f.getFileName().toString()).sorted()
                    .collect(Collectors.joining(", "));
            throw new Cli.Failure(set + ": " + (lists.isEmpty() ? "no image list" : "several image lists: " + names)
                    + "; name one with --list");
        }
        return lists.get(0);
    }

    /** The list without the references that a pattern finds. */
    public ImageList without(List<Pattern> excluded) {
        List<Entry> kept = entries.stream()
                .filter(e -> excluded.stream().noneMatch(p -> p.matcher(e.text).find())).toList();
        if (kept.isEmpty()) {
            throw new Cli.Failure("nothing is left of " + file + " after --exclude");
        }
        return new ImageList(file, kept);
    }

    /** The list without what no container runs from. */
    public ImageList runnable() {
        return new ImageList(file, entries.stream().filter(e -> !e.whole).toList());
    }

    /** The list without the references in {@code present}. */
    public ImageList without(Set<String> present) {
        return new ImageList(file, entries.stream().filter(e -> !present.contains(e.text)).toList());
    }

    /** The list as a file. */
    public byte[] text() {
        return entries.stream()
                .flatMap(e -> (e.tags.isEmpty() ? Stream.of(e.text) : e.tags.stream().map(t -> e.text + " " + t))
                        .map(line -> e.whole ? line + " " + WHOLE : line))
                .collect(Collectors.joining("\n", "", "\n")).getBytes(StandardCharsets.UTF_8);
    }

    /** One line, without comment; {@code where} names it in the {@link Cli.Failure} that a malformed one throws. */
    public static Entry entry(String line, String where) {
        boolean whole = line.endsWith(" " + WHOLE) || line.endsWith("\t" + WHOLE);
        String[] words = (whole ? line.substring(0, line.length() - WHOLE.length()) : line).split("\\s+");
        ImageReference reference = ImageReference.parse(words[0]).orElseThrow(() -> new Cli.Failure(where
                + ": malformed image reference \"" + words[0]
                + "\"; expected HOST/REPOSITORY:TAG or HOST/REPOSITORY@sha256:DIGEST"));
        if (words.length > 2 || words.length == 2 && !TAG.matcher(words[1]).matches()) {
            throw new Cli.Failure(where + ": expected REFERENCE [TAG] [" + WHOLE + "]: " + line);
        }
        return new Entry(words[0], reference, words.length == 2 ? List.of(words[1]) : List.of(), whole);
    }

    private static Entry join(Entry first, Entry second) {
        List<String> tags = new ArrayList<>(first.tags);
        second.tags.stream().filter(t -> !tags.contains(t)).forEach(tags::add);
        return new Entry(first.text, first.reference, List.copyOf(tags), first.whole || second.whole);
    }
}

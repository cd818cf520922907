package common.catalog;

//SOURCES ../cli/Cli.java
//SOURCES VersionRange.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.github.zafarkhaja.semver.Version;
import common.cli.Cli;

/**
 * An operator catalog as OLM sees it: packages with channels, channels with entries, each a bundle that may take the
 * place of others. {@link FileBasedCatalog} and {@link SqliteCatalog} fill it; only what decides which images an
 * operator needs is kept.
 */
public final class Catalog {
    /** So many names are shown to someone who misspelt one. */
    private static final int SHOWN = 20;

    private final Map<String, OperatorPackage> packages = new TreeMap<>();

    /**
     * A bundle's place in a channel.
     *
     * @param replaces name of the bundle whose place it takes; null for none
     * @param skips names of bundles between that one and it, which nobody need install
     * @param skipRange versions that it skips too; null for none
     */
    public record Entry(String name, String replaces, Set<String> skips, String skipRange) {
        Stream<String> supersedes() {
            return Stream.concat(Stream.ofNullable(replaces), skips.stream());
        }
    }

    /** What the bundle provides or requires of the cluster: a kind of custom resources. */
    public record Api(String group, String version, String kind) {
        @Override
        public String toString() {
            return kind + "." + version + "." + group;
        }
    }

    /** What a bundle cannot do without: versions of a package, or an API, with the other two null. */
    public record Requirement(String packageName, String versionRange, Api api) {
        @Override
        public String toString() {
            return api != null ? "API " + api : "package " + packageName + " " + versionRange;
        }
    }

    /** One version of an operator; version and image are null when the catalog does not tell. */
    public record Bundle(String packageName, String name, String version, String image, List<String> relatedImages,
            List<Api> provides, List<Requirement> requires) {
        /** What has to be staged for it: its related images and the bundle image, which OLM unpacks. */
        public Stream<String> images() {
            return Stream.concat(relatedImages.stream(), Stream.ofNullable(image)).filter(i -> !i.isEmpty());
        }
    }

    /** An operator with its channels and bundles by name; filled by the readers. */
    public static final class OperatorPackage {
        public final String name;
        public final Map<String, Map<String, Entry>> channels = new TreeMap<>();
        public final Map<String, Bundle> bundles = new TreeMap<>();
        private String defaultChannel = "";

        private OperatorPackage(String name) {
            this.name = name;
        }

        public String defaultChannel() {
            return defaultChannel;
        }

        public void defaultChannel(String channel) {
            defaultChannel = channel;
        }
    }

    /**
     * Which versions of an operator are wanted.
     *
     * @param channel null: the default channel; with a version or all of them, any
     * @param version that one, or a bundle's name; null: see the others
     * @param min lowest version wanted, all above it in the channel too; null: none
     * @param max highest version wanted; null: none; with neither min nor max the channel's head alone
     * @param all every version
     */
    public record Selection(String packageName, String channel, String version, String min, String max, boolean all) {
        /** Reads {@code PACKAGE[:CHANNEL[:VERSION]]}, blanks between them allowed as in the original's files. */
        public static Selection parse(String text) {
            String[] words = text.replaceAll("\\s", "").split(":", -1);
            if (words.length > 3 || words[0].isEmpty()) {
                throw new Cli.Failure(Cli.USAGE, "\"" + text + "\": expected PACKAGE[:CHANNEL[:VERSION]]");
            }
            return new Selection(words[0], words.length > 1 && !words[1].isEmpty() ? words[1] : null,
                    words.length > 2 && !words[2].isEmpty() ? words[2] : null, null, null, false);
        }

        /** Reads a file with such a line for each operator; {@code #} begins a comment. */
        public static List<Selection> read(Path file) throws IOException {
            return Files.readAllLines(file).stream().map(line -> line.replaceFirst("(^|\\s)#.*", "").strip())
                    .filter(line -> !line.isEmpty()).map(Selection::parse).distinct().toList();
        }

        boolean headOnly() {
            return version == null && min == null && max == null && !all;
        }

        private boolean anyChannel() {
            return channel == null && (version != null || all);
        }

        String versions() {
            return version != null ? version : Objects.requireNonNullElse(min, "any") + " to "
                    + Objects.requireNonNullElse(max, "any");
        }
    }

    /** The package of that name, made if need be. */
    public OperatorPackage packageOf(String name) {
        return packages.computeIfAbsent(name, OperatorPackage::new);
    }

    public Collection<OperatorPackage> packages() {
        return packages.values();
    }

    public boolean has(String packageName) {
        return packages.containsKey(packageName);
    }

    /** The package of that name; null when there is none. */
    OperatorPackage named(String packageName) {
        return packages.get(packageName);
    }

    /** Adds the packages of another catalog that this one does not have: the first catalog named counts. */
    public void addMissing(Catalog other) {
        other.packages.forEach(packages::putIfAbsent);
    }

    /**
     * The bundles that are wanted, in the order of their versions. Throws {@link Cli.Failure} when there is none, with
     * names that exist; when a channel has no single head; and when the channel names a bundle that is missing.
     */
    public List<Bundle> select(Selection wanted) {
        OperatorPackage of = packages.get(wanted.packageName);
        if (of == null) {
            throw unknown("package", wanted.packageName, "this catalog", packages.keySet());
        }
        String channel = wanted.channel != null ? wanted.channel : of.defaultChannel;
        if (!wanted.anyChannel() && !of.channels.containsKey(channel)) {
            throw unknown("channel", channel, "package " + of.name, of.channels.keySet());
        }
        if (wanted.headOnly()) {
            return List.of(bundle(of, channel, head(of, channel)));
        }
        Set<String> names = wanted.anyChannel() ? of.bundles.keySet() : of.channels.get(channel).keySet();
        if (wanted.version != null && names.contains(wanted.version)) {
            return List.of(bundle(of, channel, wanted.version));
        }
        Version min = limit(wanted.min);
        Version max = limit(wanted.max);
        List<Bundle> there = names.stream().map(of.bundles::get).filter(Objects::nonNull).sorted(BY_VERSION).toList();
        List<Bundle> found = wanted.all ? there : there.stream().filter(b -> wanted.version != null
                ? wanted.version.equals(b.version) : between(b, min, max)).toList();
        if (found.isEmpty()) {
            String where = (wanted.anyChannel() ? "" : "channel " + channel + " of ") + "package " + of.name;
            throw unknown("version", wanted.versions(), where,
                    there.stream().map(Bundle::version).filter(Objects::nonNull).toList());
        }
        return found;
    }

    /**
     * The bundle that OLM installs from a channel: the entry that no other replaces or skips. Where several are left,
     * those in the {@code skipRange} of a higher version are none.
     */
    public String head(OperatorPackage of, String channelName) {
        Map<String, Entry> channel = of.channels.get(channelName);
        Set<String> superseded = channel.values().stream().flatMap(Entry::supersedes)
                .collect(Collectors.toSet());
        List<String> heads = channel.keySet().stream().filter(name -> !superseded.contains(name)).toList();
        if (heads.size() > 1) {
            List<String> notInRange = heads.stream().filter(name -> !inSkipRange(of, channel, name)).toList();
            heads = notInRange.isEmpty() ? heads : notInRange;
        }
        if (heads.size() == 1) {
            return heads.get(0);
        }
        String where = "channel " + channelName + " of package " + of.name;
        if (heads.isEmpty()) {
            throw new Cli.Failure(where + " has no head: its entries replace one another, or there are none");
        }
        throw new Cli.Failure(where + " has " + heads.size() + " heads, which nothing replaces or skips: "
                + String.join(", ", heads) + "; name a version, as in " + of.name + ":" + channelName + ":"
                + version(of, heads.get(0)).map(Version::toString).orElse("VERSION"));
    }

    private static boolean inSkipRange(OperatorPackage of, Map<String, Entry> channel, String name) {
        Optional<Version> version = version(of, name);
        return version.isPresent() && channel.values().stream().anyMatch(e -> e.skipRange != null
                && version(of, e.name).map(v -> v.compareTo(version.get()) > 0).orElse(false)
                && new VersionRange(e.skipRange).contains(version.get()));
    }

    static Optional<Version> version(OperatorPackage of, String bundle) {
        return Optional.ofNullable(of.bundles.get(bundle)).flatMap(b -> VersionRange.version(b.version));
    }

    static Bundle bundle(OperatorPackage of, String channel, String name) {
        Bundle bundle = of.bundles.get(name);
        if (bundle == null) {
            throw new Cli.Failure("channel " + channel + " of package " + of.name + " has an entry " + name
                    + ", but the catalog has no such bundle; it is damaged");
        }
        return bundle;
    }

    private static boolean between(Bundle bundle, Version min, Version max) {
        return VersionRange.version(bundle.version).map(v -> (min == null || v.compareToIgnoreBuildMetadata(min) >= 0)
                && (max == null || v.compareToIgnoreBuildMetadata(max) <= 0)).orElse(false);
    }

    private static Version limit(String version) {
        return version == null ? null : VersionRange.version(version).orElseThrow(() ->
                new Cli.Failure("\"" + version + "\" is no version; expected MAJOR.MINOR.PATCH"));
    }

    static final Comparator<Bundle> BY_VERSION = Comparator.comparing((Bundle b) ->
            VersionRange.version(b.version).orElse(Version.of(0)), Version::compareTo).thenComparing(Bundle::name);

    static Cli.Failure unknown(String what, String name, String where, Collection<String> existing) {
        String letter = name.substring(0, Math.min(1, name.length()));
        List<String> alike = existing.stream().filter(e -> e.startsWith(letter)).sorted().toList();
        List<String> shown = (alike.isEmpty() ? existing.stream().sorted() : alike.stream()).limit(SHOWN).toList();
        int more = existing.size() - shown.size();
        return new Cli.Failure("no " + what + " " + name + " in " + where + (shown.isEmpty() ? ", which is empty"
                : "; it has " + String.join(", ", shown) + (more > 0 ? " and " + more + " more" : "")));
    }
}

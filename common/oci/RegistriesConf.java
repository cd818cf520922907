package common.oci;

//SOURCES ../cli/Cli.java
//SOURCES RegistriesConfFile.java
//SOURCES RepositoryName.java

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

import common.cli.Cli;

/**
 * Where to ask for a reference: {@code registries.conf} version 2 (containers-registries.conf(5)): the entry with the
 * longest matching prefix, its mirrors in order, then its own location.
 */
public final class RegistriesConf {
    public static final Path SYSTEM = Path.of("/etc/containers/registries.conf");

    /** One place that may have a repository. {@code insecure}: plain HTTP, or TLS with any certificate. */
    public record Endpoint(String host, String repository, boolean insecure) {
        @Override
        public String toString() {
            return host + "/" + repository;
        }
    }

    /** A place as an entry has it; {@code pullFromMirror} is all, digest-only or tag-only. */
    public record Location(String location, boolean insecure, String pullFromMirror) {
    }

    /** Where a repository is, and its mirrors in order; {@code location} has the repository's whole name there. */
    public record Source(Location location, boolean blocked, List<Location> mirrors) {
    }

    private record Rule(String prefix, Location location, boolean blocked, List<Location> mirrors) {
        /** How much of the name the prefix covers, and a location replaces; 0 when it does not match. */
        int covers(String name) {
            boolean below = prefix.startsWith("*.");
            int from = below ? name.indexOf(prefix.substring(1)) : name.startsWith(prefix) ? 0 : -1;
            if (from < 0 || name.substring(0, from).contains("/")) {
                return 0;
            }
            int end = from + prefix.length() - (below ? 1 : 0);
            return end == name.length() || ":/@".indexOf(name.charAt(end)) >= 0 ? end : 0;
        }

        Location location(String name, Location to) {
            String full = to.location.isEmpty() ? name : to.location + name.substring(covers(name));
            return new Location(full, to.insecure, to.pullFromMirror);
        }
    }

    private final List<Rule> rules = new ArrayList<>();

    private RegistriesConf() {
    }

    /**
     * Reads a file, or with null the system's with its {@code registries.conf.d/*.conf}, if there is one. Throws
     * {@link Cli.Failure} on version 1 files and on entries without prefix and location.
     */
    public static RegistriesConf read(Path file) {
        if (file == null) {
            return withDropIns(SYSTEM, dropIn -> true);
        }
        RegistriesConf conf = new RegistriesConf();
        conf.add(file);
        return conf;
    }

    /** Reads a file and those drop-ins in {@code FILE.d} that count, as far as they exist. */
    public static RegistriesConf withDropIns(Path file, Predicate<Path> counts) {
        RegistriesConf conf = new RegistriesConf();
        if (Files.exists(file)) {
            conf.add(file);
        }
        Path dropIns = Path.of(file + ".d");
        if (Files.isDirectory(dropIns)) {
            try (Stream<Path> files = Files.list(dropIns)) {
                files.filter(f -> f.toString().endsWith(".conf")).filter(counts).sorted().forEach(conf::add);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return conf;
    }

    /**
     * The places to ask for a reference, best first; {@code name} is the repository as listed, host included. Throws
     * {@link Cli.Failure} when it is blocked.
     */
    public List<Endpoint> endpoints(String name, boolean byDigest) {
        String asked = RepositoryName.normalized(name);
        Source source = source(asked);
        if (source.blocked) {
            throw new Cli.Failure(name + ": blocked in registries.conf (prefix " + rule(asked).prefix + ")");
        }
        String notFor = byDigest ? "tag-only" : "digest-only";
        Stream<Location> mirrors = source.mirrors.stream().filter(m -> !m.pullFromMirror.equals(notFor));
        List<Location> places = Stream.concat(mirrors, Stream.of(source.location)).toList();
        List<Location> open = places.stream().filter(p -> !rule(p.location).blocked).toList();
        if (open.isEmpty()) {
            throw new Cli.Failure(name + ": each of its places is blocked in registries.conf: "
                    + String.join(", ", places.stream().map(Location::location).toList()));
        }
        return open.stream().map(l -> endpoint(l, name)).toList();
    }

    /** The entry that decides for a repository, its places written out for it; without one, the repository itself. */
    public Source source(String name) {
        String asked = RepositoryName.normalized(name);
        Rule rule = rule(asked);
        return new Source(rule.location(asked, rule.location), rule.blocked,
                rule.mirrors.stream().map(m -> rule.location(asked, m)).toList());
    }

    private Rule rule(String name) {
        return rules.stream().filter(r -> r.covers(name) > 0).sorted(Comparator.comparing(r -> r.prefix)).max(Comparator.comparingInt(r -> r.prefix.length()))
                .orElse(new Rule("", new Location("", false, ""), false, List.of()));
    }

    private static Endpoint endpoint(Location to, String name) {
        String full = to.location;
        int slash = full.indexOf('/');
        String host = slash < 0 ? full : full.substring(0, slash);
        if (slash < 0 || !host.contains(".") && !host.contains(":") && !host.equals("localhost")) {
            throw new Cli.Failure(name + ": registries.conf makes " + full + " of it, which is not HOST/REPOSITORY");
        }
        String repository = full.substring(slash + 1);
        return new Endpoint(host.equals("docker.io") ? "registry-1.docker.io" : host, repository, to.insecure); // its API's name
    }

    /** A later file replaces what an earlier one has for a prefix. */
    private void add(Path file) {
        RegistriesConfFile.read(file).forEach((prefix, entry) -> {
            rules.removeIf(old -> old.prefix.equals(prefix));
            rules.add(new Rule(prefix, location(entry.primary()), entry.blocked(),
                    entry.mirrors().stream().map(RegistriesConf::location).toList()));
        });
    }

    private static Location location(RegistriesConfFile.Place place) {
        return new Location(place.location(), place.insecure(), place.pullFromMirror());
    }
}

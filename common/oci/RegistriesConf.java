package common.oci;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import common.cli.Cli;
import common.cli.Json;

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
            if (prefix.startsWith("*.")) {
                String host = name.split("[:/]", 2)[0];
                return host.endsWith(prefix.substring(1)) ? host.length() : 0;
            }
            boolean whole = name.length() == prefix.length() || name.length() > prefix.length()
                    && "/:".indexOf(name.charAt(prefix.length())) >= 0;
            return name.startsWith(prefix) && whole ? prefix.length() : 0;
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
        Source source = source(name);
        if (source.blocked) {
            throw new Cli.Failure(name + ": blocked in registries.conf (prefix " + rule(name).prefix + ")");
        }
        String notFor = byDigest ? "tag-only" : "digest-only";
        Stream<Location> mirrors = source.mirrors.stream().filter(m -> !m.pullFromMirror.equals(notFor));
        return Stream.concat(mirrors, Stream.of(source.location)).map(l -> endpoint(l, name)).toList();
    }

    /** The entry that decides for a repository, its places written out for it; without one, the repository itself. */
    public Source source(String name) {
        Rule rule = rule(name);
        return new Source(rule.location(name, rule.location), rule.blocked,
                rule.mirrors.stream().map(m -> rule.location(name, m)).toList());
    }

    private Rule rule(String name) {
        return rules.stream().filter(r -> r.covers(name) > 0).max(Comparator.comparingInt(r -> r.prefix.length()))
                .orElse(new Rule("", new Location("", false, ""), false, List.of()));
    }

    private static Endpoint endpoint(Location to, String name) {
        String full = to.location;
        int slash = full.indexOf('/');
        if (slash < 0) {
            throw new Cli.Failure(name + ": no repository is left by registries.conf (location " + full + ")");
        }
        String host = full.substring(0, slash);
        String repository = full.substring(slash + 1);
        if (host.equals("docker.io")) { // its API has a name of its own, and official images a namespace
            return new Endpoint("registry-1.docker.io", repository.contains("/") ? repository : "library/" + repository,
                    to.insecure);
        }
        return new Endpoint(host, repository, to.insecure);
    }

    private void add(Path file) {
        JsonNode toml = Json.readToml(file);
        if (toml.has("registries")) {
            throw new Cli.Failure(file + ": registries.conf version 1 is not supported; write [[registry]] entries");
        }
        for (JsonNode r : toml.path("registry")) {
            String location = location(r, file);
            String prefix = r.path("prefix").asText(location);
            if (prefix.isEmpty()) {
                throw new Cli.Failure(file + ": a [[registry]] without prefix and location");
            }
            boolean digestOnly = r.path("mirror-by-digest-only").asBoolean();
            List<Location> mirrors = new ArrayList<>();
            for (JsonNode m : r.path("mirror")) {
                if (location(m, file).isEmpty()) {
                    throw new Cli.Failure(file + ": a mirror of " + prefix + " without location");
                }
                mirrors.add(new Location(location(m, file), m.path("insecure").asBoolean(),
                        digestOnly ? "digest-only" : m.path("pull-from-mirror").asText("all")));
            }
            rules.removeIf(old -> old.prefix.equals(prefix)); // a later file replaces
            rules.add(new Rule(prefix, new Location(location, r.path("insecure").asBoolean(), ""),
                    r.path("blocked").asBoolean(), mirrors));
        }
    }

    private static String location(JsonNode table, Path file) {
        String location = table.path("location").asText("").replaceFirst("/+$", "");
        if (location.contains("://")) {
            throw new Cli.Failure(file + ": location " + location
                    + ": no scheme belongs here; for HTTP write insecure = true");
        }
        return location;
    }
}

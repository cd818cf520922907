package common.distribution;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../oci/RegistriesConf.java
//SOURCES Reference.java

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.node.TextNode;
import common.cli.Cli;
import common.oci.RegistriesConf;

/**
 * The drop-in for {@code /etc/containers/registries.conf.d} (containers-registries.conf.d(5)) that sends podman, skopeo
 * and CRI-O to this registry first: an entry for each repository, so that a site's entries for others stay in force. An
 * entry of the same or a longer prefix hides every other one: what the site's own says of the repository, its mirrors,
 * its place, whether it is blocked, is repeated behind ours.
 */
public final class Mirrors {
    private static final String MARK = "# Written by registry.java --mirrors from what is staged here, and not read by it.";

    private Mirrors() {
    }

    /**
     * The file's text.
     *
     * @param repositories as references name them; also one that only begins their names
     * @param registry HOST:PORT of ours
     * @param site see {@link #site}
     */
    public static byte[] text(Collection<String> repositories, String registry, RegistriesConf site) {
        StringBuilder text = new StringBuilder(MARK).append('\n');
        for (String repository : repositories) {
            RegistriesConf.Source source = site.source(repository);
            text.append("\n[[registry]]\n").append(line("prefix", repository));
            place(text, source.location());
            if (source.blocked()) {
                text.append("blocked = true\n");
            }
            mirror(text, new RegistriesConf.Location(registry + "/" + Reference.path(repository), true, "all"));
            source.mirrors().forEach(m -> mirror(text, m));
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static void mirror(StringBuilder text, RegistriesConf.Location mirror) {
        text.append("\n[[registry.mirror]]\n");
        place(text, mirror);
        if (!mirror.pullFromMirror().equals("all")) {
            text.append(line("pull-from-mirror", mirror.pullFromMirror()));
        }
    }

    private static void place(StringBuilder text, RegistriesConf.Location place) {
        text.append(line("location", place.location()));
        if (place.insecure()) {
            text.append("insecure = true\n");
        }
    }

    /** A basic string of TOML escapes as JSON does. */
    private static String line(String key, String value) {
        return key + " = " + TextNode.valueOf(value) + "\n";
    }

    /** What the site itself says, in a registries.conf and its drop-ins: all but those that we wrote. */
    public static RegistriesConf site(Path registriesConf) {
        return RegistriesConf.withDropIns(registriesConf, dropIn -> !isOurs(dropIn));
    }

    private static boolean isOurs(Path dropIn) {
        try (var lines = Files.lines(dropIn)) {
            return lines.findFirst().orElse("").equals(MARK);
        } catch (IOException | UncheckedIOException e) {
            throw new Cli.Failure(Cli.FAILED, dropIn + ": not readable as text", e);
        }
    }

    /** A name as {@code --also} takes it: a host, or a host and the beginning of repositories' names. */
    public static String checked(String name) {
        Reference probe = Reference.parse(name.contains("/") ? name : name + "/x");
        if (probe.tag() != null || name.contains("@")) {
            throw new Cli.Failure(Cli.USAGE, name + ": a repository has neither tag nor digest");
        }
        return name.contains("/") ? probe.repository() : name;
    }

    /** Those that are held and those that are added, sorted. */
    public static List<String> all(Collection<String> held, Collection<String> also) {
        return Stream.concat(held.stream(), also.stream().map(Mirrors::checked)).distinct().sorted()
                .toList();
    }
}

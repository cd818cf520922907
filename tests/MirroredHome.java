//SOURCES ../common/cli/Proc.java
//SOURCES ../container-images/registry.java
//SOURCES ScriptRun.java

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import common.cli.Proc;

/**
 * A HOME whose containers configuration is the site's {@code registries.conf} and the drop-in that the registry script
 * writes beside it, as a node has both in /etc.
 */
record MirroredHome(Path folder) {
    /** {@code site}: the text of the site's own file, empty for none. */
    static MirroredHome of(Path folder, String site) throws IOException {
        MirroredHome home = new MirroredHome(folder);
        Files.createDirectories(home.dropIn().getParent());
        if (!site.isEmpty()) {
            Files.writeString(home.registriesConf(), site);
        }
        Files.writeString(folder.resolve(".config/containers/policy.json"),
                "{\"default\": [{\"type\": \"insecureAcceptAnything\"}]}");
        return home;
    }

    Path registriesConf() {
        return folder.resolve(".config/containers/registries.conf");
    }

    Path dropIn() {
        return folder.resolve(".config/containers/registries.conf.d/90-precache.conf");
    }

    /** Has the script write the drop-in; what that then says. */
    String mirror(Path images, String address, Object... more) throws IOException {
        List<Object> args = new ArrayList<>(List.of(images, "--listen", address, "--mirrors", dropIn(),
                "--registries-conf", registriesConf()));
        args.addAll(List.of(more));
        ScriptRun run = ScriptRun.of(new ServeImages(), args.toArray());
        assertEquals(0, run.exit(), run::toString);
        return Files.readString(dropIn());
    }

    Proc on(Proc program) {
        return program.env("HOME", folder.toString());
    }

    Proc.Result run(String... argv) {
        return on(Proc.of(argv)).run();
    }
}

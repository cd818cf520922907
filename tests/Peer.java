//SOURCES ../common/cli/Proc.java
//SOURCES ../container-images/images-4.10.3/pull-initial-4.10.3.java
//SOURCES PullLab.java
//SOURCES ScriptRun.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

import common.cli.Proc;

/** The same pull by skopeo and by our script: what a registry means is what skopeo makes of it. */
record Peer(Path folder) {
    private static final String AUTH = Base64.getEncoder().encodeToString("puller:hunter2".getBytes());

    Path secret(String host) throws IOException {
        return Files.writeString(folder.resolve("auth.json"), "{\"auths\":{\"" + host + "\":{\"auth\":\"" + AUTH + "\"}}}");
    }

    /** skopeo, from a registry that is insecure unless {@code more} says otherwise. */
    Proc.Result skopeo(String image, Path secret, String... more) throws IOException {
        List<String> argv = new ArrayList<>(List.of("skopeo", "--insecure-policy", "copy", "--authfile", secret.toString()));
        argv.addAll(more.length == 0 ? List.of("--src-tls-verify=false") : List.of(more));
        argv.addAll(List.of("docker://" + image, "dir:" + Files.createTempDirectory(folder, "skopeo")));
        return Proc.of(argv).run();
    }

    /** Our script, into a new folder, from a registry that is insecure. */
    ScriptRun pull(String image, Path secret, Object... more) throws IOException {
        Path conf = Files.writeString(folder.resolve("registries.conf"),
                "[[registry]]\nlocation = \"" + image.split("/")[0] + "\"\ninsecure = true\n");
        List<Object> args = new ArrayList<>(List.of("--list", PullLab.list(folder, image), "--folder",
                Files.createTempDirectory(folder, "set").resolve(PullLab.AI), "--authfile", secret));
        if (!List.of(more).contains("--registries-conf")) {
            args.addAll(List.of("--registries-conf", conf));
        }
        args.addAll(List.of(more));
        return ScriptRun.of(new PullInitial4103(), args.toArray());
    }
}

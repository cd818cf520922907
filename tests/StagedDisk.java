//SOURCES ../common/cli/Cli.java
//SOURCES ../container-images/curl-all.java
//SOURCES ../container-images/verify.java
//SOURCES ../lab/WebServer.java
//SOURCES ScriptRun.java
//SOURCES ServedTree.java
//SOURCES TestTar.java

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import common.cli.Cli;

/** A small factory server's folder with a node bundle, and what curl-all makes of it on a disk. */
record StagedDisk(ServedTree server, Path disk) {
    /** {@code mode} is one of curl-all; {@code server} has what it asks for. */
    static StagedDisk of(ServedTree server, Path temp, String mode) throws IOException {
        Path disk = Files.createDirectory(temp.resolve("mnt"));
        try (WebServer nginx = WebServer.start(temp.resolve("nginx"), server.root)) {
            ScriptRun run = ScriptRun.of(new CurlAll(), "127.0.0.1:" + nginx.port(), disk, "--mode", mode);
            assertEquals(Cli.DONE, run.exit(), run::toString);
        }
        return new StagedDisk(server, disk.toRealPath());
    }

    /** Two sets and node.tar. */
    static ServedTree server(Path temp) throws IOException {
        return ServedTree.small(Files.createDirectory(temp.resolve("container-images")).toRealPath())
                .add("node.tar", "node", TestTar.of(TestTar.file("bin/verify", "#!/bin/sh", 0755),
                        TestTar.file("lib/verify.jar", "classes", 0644), TestTar.link("lib/v.jar", "verify.jar")));
    }

    static ScriptRun verify(Path folder, Object... more) {
        return ScriptRun.of(new Verify(), Stream.concat(Stream.of(folder),
                Stream.of(more)).toArray());
    }

    /** The folder is whole, and nothing is said to be wrong. */
    static ScriptRun assertWhole(ScriptRun run) {
        assertEquals(List.of(), wrong(run));
        assertEquals(Cli.DONE, run.exit(), run::toString);
        return run;
    }

    /** Exit code 1, and these are the only faults, digests as HEX. */
    static void assertWrong(ScriptRun run, String... faults) {
        assertEquals(List.of(faults), wrong(run).stream().map(f -> f.replaceAll("[0-9a-f]{64}", "HEX")).toList(),
                run::toString);
        assertEquals(Cli.FAILED, run.exit(), run::toString);
    }

    static List<String> wrong(ScriptRun run) {
        return run.err().lines().filter(l -> l.startsWith("wrong: ")).map(l -> l.substring(7)).toList();
    }
}

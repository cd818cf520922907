///usr/bin/env LC_ALL=C.UTF-8 jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES ../../common/cli/Json.java
//SOURCES ../../common/cli/Cli.java
//SOURCES ../../common/oci/DiskNames.java
//SOURCES ../../common/registry/PullCommand.java

import common.cli.Cli;
import common.oci.DiskNames;
import common.registry.PullCommand;
import picocli.CommandLine.Command;

/** Brings the images that main has listed from their registries into a folder, each blob once. */
@Command(name = "pull", description = "Pull the images of images.txt, every blob once, resumable.",
        footer = {"", "Example: into a set that curl-all stages as ocp-images of release 4.12.0",
            "  jbang pull.java --authfile pull-secret.json --folder ../ocp-images-4.12.0"})
class PreCachePull extends PullCommand {
    PreCachePull() {
        super(DiskNames.OCP_IMAGES, null, "container-images/pre-cache/images.txt");
    }

    public static void main(String... args) {
        System.exit(Cli.run(new PreCachePull(), args));
    }
}

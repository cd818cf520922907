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

/** Brings the images of the discovery stage of 4.10.3 from their registries into this folder, each blob once. */
@Command(name = "pull-initial-4.10.3", description = "Pull the discovery images of 4.10.3, every blob once, resumable.",
        footer = {"", "Example, on the factory server:",
            "  jbang pull-initial-4.10.3.java --authfile pull-secret.json --folder /srv/www/images-4.10.3"})
class PullInitial4103 extends PullCommand {
    PullInitial4103() {
        super(DiskNames.AI_IMAGES, "4.10.3", "container-images/images-4.10.3/initial-images-4.10.3.txt");
    }

    public static void main(String... args) {
        System.exit(Cli.run(new PullInitial4103(), args));
    }
}

///usr/bin/env LC_ALL=C.UTF-8 jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES ../../common/cli/Json.java
//SOURCES ../../common/cli/Cli.java
//SOURCES ../../common/oci/DiskNames.java
//SOURCES ../../common/storage/ExtractCommand.java

import common.cli.Cli;
import common.oci.DiskNames;
import common.storage.ExtractCommand;
import picocli.CommandLine.Command;

/** Loads the staged images of the installed node of 4.10.3 into containers-storage, without a network. */
@Command(name = "extract-ocp-4.10.3",
        description = "Load the staged images of the installed node of 4.10.3 into containers-storage.",
        footer = {"", "Example, on the node:", "  jbang extract-ocp-4.10.3.java --folder /var/mnt/ocp-images"})
class ExtractOcp4103 extends ExtractCommand {
    ExtractOcp4103() {
        super(DiskNames.OCP_IMAGES);
    }

    public static void main(String... args) {
        System.exit(Cli.run(new ExtractOcp4103(), args));
    }
}

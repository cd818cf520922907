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

/** Loads the staged images of the discovery stage of 4.10.3 into containers-storage, without a network. */
@Command(name = "extract-initial-4.10.3",
        description = "Load the staged discovery images of 4.10.3 into containers-storage.",
        footer = {"", "Example, on the node:", "  jbang extract-initial-4.10.3.java --folder /var/mnt/ai-images"})
class ExtractInitial4103 extends ExtractCommand {
    ExtractInitial4103() {
        super(DiskNames.AI_IMAGES);
    }

    public static void main(String... args) {
        System.exit(Cli.run(new ExtractInitial4103(), args));
    }
}

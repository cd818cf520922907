//SOURCES ../common/cli/Cli.java
//SOURCES ../common/oci/OciLayout.java
//SOURCES ../container-images/images-4.10.3/pull-initial-4.10.3.java
//SOURCES ../container-images/verify.java
//SOURCES FaultedScript.java
//SOURCES FaultyDisk.java
//SOURCES PullLab.java
//SOURCES ScriptRun.java
//SOURCES Scripts.java
//SOURCES ServedTree.java

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

import common.cli.Cli;
import common.oci.OciLayout;

/** A pull of four small images from a real registry. */
final class FaultedPull extends FaultedScript {
    private final PullLab lab;
    private final Map<String, String> undisturbed;

    FaultedPull(Path temp) throws IOException {
        super(PullInitial4103.class);
        lab = PullLab.start(temp, 0.005);
        Path root = Files.createDirectory(temp.resolve("undisturbed"));
        PullLab.assertDone(lab.initial(root));
        undisturbed = Scripts.tree(root);
    }

    @Override
    Object[] args(Path root) {
        return lab.args(lab.corpus.initialList(), root.resolve(PullLab.AI));
    }

    @Override
    void assertNothingWrong(Path root, FaultyDisk disk) throws IOException {
        ServedTree.assertNothingHalf(root);
        if (Files.exists(root.resolve(PullLab.AI).resolve("index.json"))) {
            PullLab.assertWhole(OciLayout.at(root.resolve(PullLab.AI), null).images().size(), root.resolve(PullLab.AI));
        }
        ScriptRun verify = disk.run(Verify.class, root);
        if (verify.exit() == Cli.DONE) {
            assertEquals(undisturbed.get("inventory.json"), Scripts.tree(root).get("inventory.json"), verify::toString);
        }
    }

    @Override
    void assertWhole(Path root, FaultyDisk disk) throws IOException {
        assertEquals(undisturbed, Scripts.tree(root));
        assertEquals(Cli.DONE, disk.run(Verify.class, root).exit());
    }

    @Override
    public void close() {
        lab.close();
    }
}

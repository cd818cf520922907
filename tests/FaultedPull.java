//SOURCES ../container-images/images-4.10.3/pull-initial-4.10.3.java
//SOURCES FaultedScript.java
//SOURCES IndependentCheck.java
//SOURCES PullLab.java

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** A pull of four small images from a real registry. */
final class FaultedPull extends FaultedScript {
    private final PullLab lab;
    private final Map<String, String> undisturbed;

    FaultedPull(Path temp) throws IOException {
        super(PullInitial4103.class);
        lab = PullLab.start(temp, 0.005);
        Path root = Files.createDirectory(temp.resolve("undisturbed"));
        PullLab.assertDone(lab.initial(root));
        assertEquals(PullLab.INITIAL, IndependentCheck.images(root, PullLab.AI));
        undisturbed = IndependentCheck.tree(root);
    }

    @Override
    Object[] args(Path root) {
        return lab.args(lab.corpus.initialList(), root.resolve(PullLab.AI));
    }

    @Override
    void assertNothingWrong(Path root) throws IOException {
        IndependentCheck.assertBlobs(root);
        IndependentCheck.images(root, PullLab.AI);
    }

    @Override
    void assertWhole(Path root) throws IOException {
        assertEquals(undisturbed, IndependentCheck.tree(root));
    }

    @Override
    public void close() {
        lab.close();
    }
}

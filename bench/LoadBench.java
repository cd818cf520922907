//SOURCES Contenders.java
//SOURCES Material.java
//SOURCES Report.java
//SOURCES Setting.java
//SOURCES TimedRun.java
//SOURCES Turns.java

import java.io.IOException;
import java.nio.file.Path;

/** The node's side, through skopeo: partition -> containers-storage. */
final class LoadBench {
    private final Setting setting;

    LoadBench(Setting setting) {
        this.setting = setting;
    }

    void small(Material small) throws IOException {
        Report report = setting.report();
        Path disk = setting.disk();
        small.pulled();
        small.tarballs();
        Turns turns = setting.turns(small.contenders.loads(disk), setting.runs());
        report.compare("Load into an empty containers-storage, " + small.size(), turns);
        report.wall("load", turns, Contenders.ORIGINAL, 0.65);
        report.wall("load", turns, Contenders.ORIGINAL, 0.6);
        if (turns.of(Contenders.ORIGINAL) != null) {
            report.goal("load, bytes written \u00f7 original loop", turns.ratio(Contenders.ORIGINAL, TimedRun::written),
                    0.6, "");
        }
        report.line("Unpacked, the images are %.1f MB. The original's loop cannot load the one manifest list under its "
                + "own digest and does without it.", small.corpus.unpackedBytes() / 1e6);
    }
}

//SOURCES ../common/release/ReleaseModel.java

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import common.release.ReleaseModel;

/** The release model as a table in Markdown, a row for each release. */
final class ReleaseTable {
    private static final List<String> COLUMNS = List.of("OpenShift", "operating system", "extensions",
            "pulled in discovery, too", "CRI-O", "kernel", "glibc", "store", "Ignition", "pins images", "repairs storage",
            "signature needed for", "site");
    private static final List<Function<ReleaseModel, String>> CELLS = List.of(m -> names(m.operatingSystem()),
            m -> names(m.extensions()), m -> word(m.discoveryIfThere().containsAll(m.operatingSystem())), ReleaseModel::crio,
            ReleaseModel::kernel, ReleaseModel::glibc, m -> m.mountsZstd() ? "zstd" : "gzip", ReleaseModel::ignition,
            m -> word(m.pinsImages()), m -> word(m.repairsStorage()), m -> m.signed().shown, ReleaseModel::site);

    private ReleaseTable() {
    }

    static String of(IntStream minors) {
        List<String> rows = new ArrayList<>(List.of(row(COLUMNS), "| --- ".repeat(COLUMNS.size()) + "|"));
        minors.mapToObj(ReleaseModel::new).forEach(m -> {
            List<String> cells = new ArrayList<>(List.of(m.shown()));
            CELLS.forEach(cell -> cells.add(cell.apply(m)));
            rows.add(row(cells));
        });
        return String.join("\n", rows);
    }

    private static String row(List<String> cells) {
        return cells.stream().collect(Collectors.joining(" | ", "| ", " |"));
    }

    private static String names(List<String> names) {
        return names.isEmpty() ? "none" : String.join(", ", names);
    }

    private static String word(boolean yes) {
        return yes ? "yes" : "no";
    }
}

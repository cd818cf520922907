import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What a rehearsal did, step by step, and how long it took. */
final class StepTable {
    private final List<Row> rows = new ArrayList<>();

    /** One step; returns the bytes that it moved, 0 if that says nothing. */
    interface Step {
        long run() throws IOException;
    }

    private record Row(String step, double seconds, long bytes) {
    }

    /** Returns the seconds that it took. */
    double step(String name, Step step) throws IOException {
        System.out.println("\n== " + name);
        long begun = System.nanoTime();
        long bytes = step.run();
        double seconds = (System.nanoTime() - begun) / 1e9;
        rows.add(new Row(name, seconds, bytes));
        return seconds;
    }

    void print() {
        System.out.printf("%n%-56s %8s %8s%n", "step", "seconds", "MB");
        for (Row row : rows) {
            String bytes = row.bytes == 0 ? "" : mb(row.bytes);
            System.out.printf(Locale.ROOT, "%-56s %8.1f %8s%n", row.step, row.seconds, bytes);
        }
        System.out.printf(Locale.ROOT, "%-56s %8.1f%n", "all", rows.stream().mapToDouble(Row::seconds).sum());
    }

    static String mb(long bytes) {
        return seconds(bytes / 1e6);
    }

    static String seconds(double seconds) {
        return String.format(Locale.ROOT, "%.1f", seconds);
    }
}

import java.util.List;
import java.util.Locale;

/** Repeated measurements of one thing, in seconds. */
record Samples(List<Double> seconds) {
    double median() {
        List<Double> sorted = seconds.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    double ratioTo(Samples other) {
        return median() / other.median();
    }

    /** {@code 1.42 (1.38–1.60)}: median, smallest, largest. */
    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%.2f (%.2f–%.2f)", median(),
                seconds.stream().mapToDouble(s -> s).min().orElseThrow(),
                seconds.stream().mapToDouble(s -> s).max().orElseThrow());
    }
}

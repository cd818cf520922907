//SOURCES TimedRun.java

import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/** Repeated measurements of one thing. */
record Samples(List<Double> values) {
    static Samples of(List<TimedRun> runs, ToDoubleFunction<TimedRun> measure) {
        return new Samples(runs.stream().map(measure::applyAsDouble).toList());
    }

    double median() {
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    /** {@code 1.42 (1.38-1.60)}: median, smallest, largest. */
    @Override
    public String toString() {
        String range = String.format(Locale.ROOT, " (%.2f\u2013%.2f)", Stream.of(values.toArray(Double[]::new)).min(
                Double::compare).orElseThrow(), values.stream().max(Double::compare).orElseThrow());
        return String.format(Locale.ROOT, "%.2f", median()) + (values.size() > 1 ? range : "");
    }
}

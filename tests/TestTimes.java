import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** How long each class of tests took, by group, beside what the group may take on two quiet processors. */
final class TestTimes {
    private static final int SHOWN = 5;

    private final Map<String, Duration> classes = new TreeMap<>();
    private final Map<Group, Duration> groups = new EnumMap<>(Group.class);

    /** The first whose tag a class has; the last has those with none. */
    enum Group {
        SITE_VMS(16, "vm"), LINE(8, "line"), REAL_CLIENTS(8, "clients", "generation"), FAULTS(8, "fault"),
        REST(5, "launcher", "scripts", "lab"), UNITS(15);

        private final Duration budget;
        private final Set<String> tags;

        Group(int minutes, String... tags) {
            budget = Duration.ofMinutes(minutes);
            this.tags = Set.of(tags);
        }

        static Group of(Set<String> tags) {
            return Stream.of(values()).filter(g -> g == UNITS || tags.stream().anyMatch(g.tags::contains)).findFirst()
                    .orElseThrow();
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
    }

    void add(String testClass, Set<String> tags, Duration took) {
        classes.merge(testClass, took, Duration::plus);
        groups.merge(Group.of(tags), took, Duration::plus);
    }

    /** A line for each group that ran, and one with the longest classes. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        groups.forEach((group, took) -> lines.add(String.format(Locale.ROOT, "%-12s %5.1f of %d minutes%s", group,
                minutes(took), group.budget.toMinutes(), took.compareTo(group.budget) > 0 ? ", over its budget" : "")));
        lines.add("longest: " + String.join(", ", classes.entrySet().stream()
                .sorted(Map.Entry.<String, Duration>comparingByValue().reversed()).limit(SHOWN)
                .map(e -> String.format(Locale.ROOT, "%s %.1f", e.getKey(), minutes(e.getValue()))).toList()));
        return lines;
    }

    private static double minutes(Duration time) {
        return time.toMillis() / 60_000.0;
    }
}

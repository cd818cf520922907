import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Horizontal bars in groups, each group with its own scale, as an SVG; the first bar of a group is ours. */
final class Plot {
    private static final int WIDTH = 860;
    private static final int LABELS = 240;
    private static final int BAR = 18;

    private final Map<String, Map<String, Double>> groups = new LinkedHashMap<>();

    void group(String title, Map<String, Double> bars) {
        groups.put(title, new LinkedHashMap<>(bars));
    }

    String svg() {
        List<String> shapes = new ArrayList<>();
        int y = 10;
        for (Map.Entry<String, Map<String, Double>> group : groups.entrySet()) {
            y += 24;
            shapes.add(text(10, y, "font-weight='bold'", group.getKey()));
            y += 8;
            double longest = group.getValue().values().stream().max(Double::compare).orElse(1.0);
            String colour = "#2a6f97";
            for (Map.Entry<String, Double> bar : group.getValue().entrySet()) {
                double width = Math.max(1, (WIDTH - LABELS - 90) * bar.getValue() / longest);
                shapes.add(text(LABELS - 8, y + 13, "text-anchor='end'", bar.getKey()));
                shapes.add(String.format(Locale.ROOT, "<rect x='%d' y='%d' width='%.1f' height='%d' fill='%s'/>",
                        LABELS, y, width, BAR - 3, colour));
                shapes.add(text(LABELS + (int) width + 6, y + 13, "",
                        String.format(Locale.ROOT, bar.getValue() < 10 ? "%.2f" : "%.1f", bar.getValue())));
                colour = "#a9b4bd";
                y += BAR;
            }
        }
        y += 16;
        return String.format("<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%d' viewBox='0 0 %1$d %2$d' "
                + "font-family='sans-serif' font-size='12'>%n<rect width='%1$d' height='%2$d' fill='white'/>%n",
                WIDTH, y) + String.join("\n", shapes) + "\n</svg>\n";
    }

    private static String text(int x, int y, String attributes, String text) {
        String escaped = text.replace("&", "&amp;").replace("<", "&lt;");
        return "<text x='" + x + "' y='" + y + "' " + attributes + ">" + escaped + "</text>";
    }
}

//SOURCES Repository.java

import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * One Java file as JBang sees it: what it declares, what it names in {@code //SOURCES}, and which types of this
 * repository its code uses.
 *
 * @param code without comments, the text of literals, package and imports
 * @param imported simple name -> what is imported under it, e.g. {@code common.cli.Cli}
 * @param named the files of {@code //SOURCES}
 */
record JavaSource(Path file, String code, Map<String, String> imported, Set<Path> named) {
    private static final Pattern NO_CODE = Pattern.compile("\"\"\".*?\"\"\"|\"[^\"\\\\\n]*+(?:\\\\.[^\"\\\\\n]*+)*+\""
            + "|'(?:\\\\.|[^'\\\\\n])+'|//[^\n]*|/\\*.*?\\*/", Pattern.DOTALL);
    private static final Pattern IMPORT = Pattern.compile("(?m)^(?:package|import)\\b.*?;");
    private static final Pattern IMPORTED = Pattern.compile("(?m)^import (?:static )?((?:[a-z]\\w*\\.)+([A-Z]\\w*))");
    private static final Pattern NAMED = Pattern.compile("(?m)^//SOURCES (\\S+)$");
    private static final Pattern TYPE = Pattern.compile("(?m)^(?:public |final |abstract |sealed )*"
            + "(?:class|interface|record|enum) (\\w+)");
    private static final Pattern NESTED = Pattern.compile("(?m)^ +(?:[a-z-]+ )*(?:class|interface|record|enum) (\\w+)");
    private static final Pattern WORD = Pattern.compile("(?<![\\w.])[A-Z]\\w*");

    static JavaSource of(Path file) {
        String text = Repository.text(file);
        String bare = NO_CODE.matcher(text).replaceAll(m -> m.group().startsWith("/") ? " " : "''");
        Map<String, String> imported = IMPORTED.matcher(bare).results()
                .collect(Collectors.toMap(m -> m.group(2), m -> m.group(1), (one, same) -> one));
        Set<Path> named = NAMED.matcher(text).results().map(m -> file.resolveSibling(m.group(1)).normalize())
                .collect(Collectors.toCollection(TreeSet::new));
        return new JavaSource(file, IMPORT.matcher(bare).replaceAll(""), imported, named);
    }

    /** Simple names of the top-level types. */
    Set<String> types() {
        return TYPE.matcher(code).results().map(m -> m.group(1)).collect(Collectors.toCollection(TreeSet::new));
    }

    /** The folder in the repository, e.g. {@code common/cli}. */
    String folder() {
        return Repository.ROOT.relativize(file.getParent()).toString();
    }

    /** The files whose top-level types the code uses; {@code homes}: simple name -> where that type is. */
    Set<Path> uses(Map<String, Path> homes) {
        Set<String> nested = NESTED.matcher(code).results().map(m -> m.group(1)).collect(Collectors.toSet());
        Set<Path> used = new TreeSet<>();
        WORD.matcher(code).results().map(m -> m.group()).filter(homes::containsKey).forEach(type -> {
            Path home = homes.get(type);
            String name = nameOf(home, type);
            boolean meant = imported.containsKey(type) ? imported.get(type).equals(name)
                    : !nested.contains(type) && home.getParent().equals(file.getParent()) || !name.contains(".");
            if (meant && !home.equals(file) && !nested.contains(type)) {
                used.add(home);
            }
        });
        imported.forEach((type, name) -> {
            Path home = homes.get(type);
            if (home != null && nameOf(home, type).equals(name) && !home.equals(file)) {
                used.add(home);
            }
        });
        return used;
    }

    /** As an import names it: only what is in {@code common/} has a package. */
    private static String nameOf(Path home, String type) {
        String folder = Repository.ROOT.relativize(home.getParent()).toString();
        return folder.startsWith("common/") ? folder.replace('/', '.') + "." + type : type;
    }
}

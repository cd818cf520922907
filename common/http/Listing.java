package common.http;

//SOURCES Http.java
//DEPS org.jsoup:jsoup:1.24.1

import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;

import okhttp3.HttpUrl;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Element;

/**
 * The names in one HTTP directory listing, as nginx (autoindex), Apache (mod_autoindex) and
 * {@code python3 -m http.server} write them: a link per entry, a folder's with a slash at its end. Only links to an
 * entry of this very folder count; whatever else a page links to (a parent, another host, a file further down, sort
 * orders) does not exist for us.
 */
public record Listing(SortedSet<String> files, SortedSet<String> folders) {
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9][A-Za-z0-9@._+-]{0,254}");

    /** {@code folder} is the address of the page, with a slash at its end. */
    public static Listing parse(String html, HttpUrl folder) {
        SortedSet<String> files = new TreeSet<>();
        SortedSet<String> folders = new TreeSet<>();
        List<String> parents = folder.pathSegments().subList(0, folder.pathSegments().size() - 1);
        int depth = parents.size();
        for (Element link : Jsoup.parse(html).select("a[href]")) {
            HttpUrl url = folder.resolve(link.attr("href"));
            if (url == null || url.query() != null || !sameServer(url, folder)) {
                continue;
            }
            List<String> path = url.pathSegments();
            boolean isFolder = path.size() == depth + 2 && path.get(depth + 1).isEmpty();
            boolean below = path.size() > depth && path.subList(0, depth).equals(parents);
            if (below && (isFolder || path.size() == depth + 1) && isPlain(path.get(depth))) {
                (isFolder ? folders : files).add(path.get(depth));
            }
        }
        files.removeAll(folders);
        return new Listing(files, folders);
    }

    /** Whether a name that a server gave may become a file here: no separator, no leading dot, no blank. */
    public static boolean isPlain(String name) {
        return PLAIN.matcher(name).matches();
    }

    private static boolean sameServer(HttpUrl url, HttpUrl other) {
        return url.scheme().equals(other.scheme()) && url.host().equals(other.host()) && url.port() == other.port();
    }
}

package common.factory;

//SOURCES ../cli/Json.java
//SOURCES Line.java
//SOURCES LineRow.java
//SOURCES ServerEvent.java

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

import com.fasterxml.jackson.databind.JsonNode;

/** The line's pages: HTML that says everything without a script; with one it is a wall of tiles that follows what happens. */
final class LinePage {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss").withZone(ZoneId.systemDefault());
    private static final String HEAD = """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
            <title>%s</title><noscript><meta http-equiv="refresh" content="10"></noscript>
            <style>
            body { font: 16px/1.4 sans-serif; margin: 1rem; color: #111; background: #fff }
            h1 { font-size: 1.2rem } a { color: inherit }
            .counts { font-size: 1.4rem; margin: .5rem 0 } .counts span { margin-right: 1.5rem; white-space: nowrap }
            table { border-collapse: collapse } td, th { text-align: left; vertical-align: top; padding: .3rem .6rem;
              border-bottom: 1px solid #ccc; overflow-wrap: anywhere }
            .word { font-weight: bold } .FAIL .word { color: #a40000 } .STALE .word { color: #7a4b00 }
            .PASS .word { color: #005a1e }
            .tiles table, .tiles tbody { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: .5rem }
            .tiles table { display: block } .tiles thead { display: none }
            .tiles tr { display: flex; flex-direction: column; border-left: .6rem solid #999; background: #f3f3f3; padding: .4rem }
            .tiles td { border: 0; padding: .05rem .3rem } .tiles .FAIL { border-color: #c00; background: #fde8e8 }
            .tiles .STALE { border-color: #e69500; background: #fff3dc } .tiles .PASS { border-color: #0a7d2c }
            .tiles .RUNNING { border-color: #1464c8 } .tiles td:empty { display: none }
            pre { white-space: pre-wrap; background: #f3f3f3; padding: .6rem }
            .andon { margin: 0; min-height: 100vh; display: grid; place-content: center; text-align: center; font-size: 5vw }
            .andon.FAIL { background: #c00; color: #fff } .andon.STALE { background: #ffb000 }
            .andon.PASS, .andon.RUNNING { background: #0a7d2c; color: #fff } .andon.WAITING { background: #ddd }
            </style></head>
            """;
    /** Fetches the page again when something happened, and now and then, for what happens is also that nobody is heard. */
    private static final String SCRIPT = """
            <script>
            document.documentElement.classList.add('tiles');
            const again = async () => {
                const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), 'text/html');
                document.body.className = page.body.className;
                document.querySelector('main').replaceWith(page.querySelector('main'));
            };
            let wait;
            new EventSource('/changes').onmessage = () => { clearTimeout(wait); wait = setTimeout(again, 300); };
            setInterval(again, 10000);
            </script>
            """;

    private LinePage() {
    }

    static String overview(Line.View line) {
        StringBuilder page = new StringBuilder(HEAD.formatted("Line")).append("<body><main><h1>Servers that stage themselves</h1>")
                .append(counts(line)).append("<table><thead><tr><th>state<th>serial number<th>position<th>now<th>reason")
                .append("<th>what to do<th>heard of</thead><tbody>\n");
        for (LineRow row : line.rows()) {
            LineRow.State state = row.state(line.now());
            page.append("<tr class=\"").append(state).append("\"><td class=\"word\">").append(state).append("<td><a href=\"/server?serial=")
                    .append(URLEncoder.encode(row.serial, StandardCharsets.UTF_8)).append("\">").append(escaped(row.serial))
                    .append("</a><td>").append(escaped(row.position)).append("<td>").append(escaped(row.doing())).append("<td>")
                    .append(escaped(row.reason(line.now()))).append("<td>").append(escaped(row.advice(line.now()))).append("<td>")
                    .append(row.heard() == null ? "" : TIME.format(row.heard())).append("\n");
        }
        return page.append("</tbody></table><p><a href=\"/andon\">Full screen</a>, or as <a href=\"/servers.csv\">CSV</a>, "
                + "<a href=\"/servers.json\">JSON</a>, <a href=\"/junit.xml\">JUnit XML</a>, <a href=\"/metrics\">metrics</a></main>")
                .append(SCRIPT).append("</body></html>\n").toString();
    }

    private static String counts(Line.View line) {
        return line.counts().entrySet().stream().map(c -> "<span class=\"" + c.getKey() + "\"><span class=\"word\">" + c.getValue()
                + " " + c.getKey() + "</span></span>").collect(Collectors.joining("", "<p class=\"counts\">", "</p>"));
    }

    /** Seen from the other end of the hall: a colour, a word, and who. */
    static String andon(Line.View line) {
        LineRow.State worst = line.rows().stream().map(r -> r.state(line.now())).findFirst().orElse(LineRow.State.WAITING);
        boolean needed = worst == LineRow.State.FAIL || worst == LineRow.State.STALE;
        String who = line.rows().stream().filter(r -> needed && r.state(line.now()) == worst)
                .map(r -> r.position.isEmpty() ? r.serial : r.position + " " + r.serial).limit(6).map(LinePage::escaped)
                .collect(Collectors.joining("<br>"));
        return HEAD.formatted("Andon") + "<body class=\"andon " + worst + "\"><main><div class=\"big\">" + (needed ? worst : "OK")
                + "</div><div>" + who + "</div><div style=\"font-size: 2vw\">" + line.counts().entrySet().stream()
                .map(c -> c.getValue() + " " + c.getKey()).collect(Collectors.joining(", ")) + "</div></main>" + SCRIPT
                + "</body></html>\n";
    }

    /** All that is known of one server. */
    static String server(LineRow row, Instant now) {
        StringBuilder page = new StringBuilder(HEAD.formatted(escaped(row.serial))).append("<body class=\"").append(row.state(now))
                .append("\"><main><p><a href=\"/\">All servers</a><h1 class=\"").append(row.state(now)).append("\"><span class=\"word\">")
                .append(row.state(now)).append("</span> ").append(escaped(row.serial)).append("</h1><p>").append(escaped(row.doing()));
        if (!row.reason(now).isEmpty()) {
            page.append("<p><b>Reason:</b> ").append(escaped(row.reason(now))).append("<p><b>What to do:</b> ")
                    .append(escaped(row.advice(now)));
        }
        page.append("<h2>Seconds by step</h2><table>");
        for (Map.Entry<String, JsonNode> step : row.data().path("staged").path("seconds").properties()) {
            page.append("<tr><td>").append(escaped(step.getKey())).append("<td>").append(escaped(step.getValue().asText()));
        }
        page.append("</table><h2>Checks</h2><table>");
        for (JsonNode check : row.data().path("checks")) {
            page.append("<tr class=\"").append(escaped(check.path("outcome").asText().toUpperCase(Locale.ROOT)))
                    .append("\"><td class=\"word\">").append(escaped(check.path("outcome").asText())).append("<td>")
                    .append(escaped(check.path("name").asText())).append("<td>").append(escaped(check.path("found").asText()))
                    .append("<td>").append(escaped(check.path("wanted").asText()));
        }
        page.append("</table><h2>Log</h2><table>");
        for (ServerEvent event : row.events) {
            page.append("<tr><td>").append(TIME.format(event.received())).append("<td>").append(escaped(event.kind())).append("<td>boot ")
                    .append(escaped(event.boot())).append("<td>").append(escaped(event.from()));
        }
        return page.append("</table><h2>What it said last</h2><pre>").append(escaped(row.data().toPrettyString()))
                .append("</pre></main>").append(SCRIPT).append("</body></html>\n").toString();
    }

    static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;").replace("'", "&#39;");
    }
}

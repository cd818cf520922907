//SOURCES ../common/cli/Json.java
//SOURCES ../common/catalog/Catalog.java
//SOURCES ../common/catalog/FileBasedCatalog.java
//SOURCES ../common/catalog/MirroredSelection.java
//SOURCES ../common/catalog/SqliteCatalog.java
//SOURCES ../common/catalog/VersionRange.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../lab/CatalogCorpus.java
//SOURCES ../lab/CatalogFile.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.Set;
import java.util.Map;
import java.util.stream.Stream;

import common.catalog.Catalog;
import common.catalog.Catalog.Selection;
import common.catalog.FileBasedCatalog;
import common.catalog.MirroredSelection;
import common.catalog.SqliteCatalog;
import common.catalog.VersionRange;
import common.cli.Cli;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("An operator catalog:")
class CatalogTest {
    private static final CatalogFile MANY = CatalogCorpus.many(10);

    @TempDir
    Path folder;

    enum Form { JSON, YAML, SQLITE }

    private Catalog read(CatalogFile file, Form form) throws IOException, SQLException {
        Catalog catalog = new Catalog();
        if (form == Form.SQLITE) {
            file.sqlite(folder.resolve("index.db"));
            SqliteCatalog.read(folder.resolve("index.db"), "index.db", catalog);
            return catalog;
        }
        byte[] bytes = form == Form.JSON ? file.json() : file.yaml();
        FileBasedCatalog.read(new ByteArrayInputStream(bytes), "catalog", catalog);
        return catalog;
    }

    /** A channel "stable" of package "lab"; an entry: VERSION [replaces VERSION] [skips VERSION,...] [range RANGE]. */
    private static CatalogFile lab(String... entries) {
        List<CatalogFile.Entry> channel = Stream.of(entries).map(CatalogTest::entry).toList();
        List<CatalogFile.Bundle> bundles = channel.stream().map(e -> new CatalogFile.Bundle(e.version(), "q.io/lab:"
                + e.version(), List.of(), List.of())).toList();
        return new CatalogFile(List.of(new CatalogFile.Operator("lab", "stable", Map.of("stable", channel), bundles)));
    }

    private static CatalogFile.Entry entry(String text) {
        String[] parts = text.split(" (?=replaces|skips|range)");
        String replaces = null;
        String range = null;
        List<String> skips = List.of();
        for (String part : Arrays.asList(parts).subList(1, parts.length)) {
            String value = part.substring(part.indexOf(' ') + 1);
            replaces = part.startsWith("replaces") ? value : replaces;
            range = part.startsWith("range") ? value : range;
            skips = part.startsWith("skips") ? List.of(value.split(",")) : skips;
        }
        return new CatalogFile.Entry(parts[0], replaces, skips, range);
    }

    private List<String> versions(CatalogFile file, Selection wanted, Form form) throws IOException, SQLException {
        return read(file, form).select(wanted).stream().map(Catalog.Bundle::version).toList();
    }

    private String head(String... entries) throws IOException, SQLException {
        return String.join(" ", versions(lab(entries), Selection.parse("lab"), Form.JSON));
    }

    private String failure(CatalogFile file, String wanted) {
        return assertThrows(Cli.Failure.class, () -> versions(file, Selection.parse(wanted), Form.JSON)).getMessage();
    }

    @ParameterizedTest(name = "{0}: the head of 200 bundles with replaces, skips and skipRange")
    @EnumSource
    void headOfMany(Form form) throws IOException, SQLException {
        assertEquals(List.of("1.9.19"), versions(MANY, Selection.parse("many:stable"), form));
    }

    @ParameterizedTest(name = "{0}: all versions between two, in their order")
    @EnumSource
    void between(Form form) throws IOException, SQLException {
        assertEquals(List.of("1.2.18", "1.2.19", "1.3.0", "1.3.1"),
                versions(MANY, new Selection("many", null, null, "1.2.18", "1.3.1", false), form));
    }

    @ParameterizedTest(name = "{0}: images of a bundle are its related ones and its own")
    @EnumSource
    void images(Form form) throws IOException, SQLException {
        CatalogFile.Bundle bundle = MANY.operators().get(0).bundles().get(7);
        Catalog.Bundle read = read(MANY, form).select(Selection.parse("many:stable:" + bundle.version())).get(0);
        assertEquals(Stream.of(bundle.image(), bundle.relatedImages().get(0)).sorted().toList(),
                read.images().distinct().sorted().toList());
    }

    @Test
    @DisplayName("the head is what nothing replaces, wherever it stands")
    void replaces() throws IOException, SQLException {
        assertEquals("1.2.0", head("1.1.0 replaces 1.0.0", "1.2.0 replaces 1.1.0", "1.0.0"));
    }

    @Test
    @DisplayName("what is skipped is no head, even if its version is the highest")
    void skips() throws IOException, SQLException {
        assertEquals("1.0.1", head("1.0.0", "1.0.1 replaces 1.0.0 skips 1.1.0", "1.1.0"));
    }

    @Test
    @DisplayName("what a higher version skips by range is no head")
    void skipRange() throws IOException, SQLException {
        assertEquals("1.2.0", head("1.0.0", "1.2.0 range >=1.0.0 <1.2.0", "1.1.0-rc.1"));
    }

    @Test
    @DisplayName("the range of an entry that is replaced itself counts too")
    void skipRangeInChain() throws IOException, SQLException {
        assertEquals("1.2.0", head("1.0.0", "1.1.0 range <1.1.0", "1.2.0 replaces 1.1.0"));
    }

    @Test
    @DisplayName("two heads are shown, with what to do")
    void twoHeads() {
        assertEquals("channel stable of package lab has 2 heads, which nothing replaces or skips: lab.v1.1.0, "
                + "lab.v2.0.0; name a version, as in lab:stable:1.1.0",
                failure(lab("1.1.0 replaces 1.0.0", "1.0.0", "2.0.0"), "lab"));
    }

    @Test
    @DisplayName("entries that replace one another have no head")
    void circle() {
        assertEquals("channel stable of package lab has no head: its entries replace one another, or there are none",
                failure(lab("1.0.0 replaces 1.1.0", "1.1.0 replaces 1.0.0"), "lab"));
    }

    @ParameterizedTest(name = "an unknown name: {1}")
    @CsvSource(delimiter = '|', textBlock = """
            lob              | no package lob in this catalog; it has lab
            lab:stabel       | no channel stabel in package lab; it has stable
            lab:stable:1.0.2 | no version 1.0.2 in channel stable of package lab; it has 1.0.1, 1.0.11, 1.1.0 and 1 more
            lab::3.0.0       | no version 3.0.0 in package lab; it has 1.0.1, 1.0.11, 1.1.0, 2.0.0
            """)
    void nearest(String wanted, String message) {
        assertEquals(message, failure(lab("1.0.1", "1.0.11", "1.1.0", "2.0.0"), wanted));
    }

    @Test
    @DisplayName("an entry without a bundle is an error if it is wanted")
    void missingBundle() {
        CatalogFile.Operator whole = lab("1.0.0", "1.1.0 replaces 1.0.0").operators().get(0);
        CatalogFile damaged = new CatalogFile(List.of(new CatalogFile.Operator("lab", "stable", whole.channels(),
                whole.bundles().subList(0, 1))));
        assertEquals("channel stable of package lab has an entry lab.v1.1.0, but the catalog has no such bundle; "
                + "it is damaged", failure(damaged, "lab"));
    }

    @ParameterizedTest(name = "bad input is named by file and line: {1}")
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            {"schema":"olm.package","name":"a"}\\n{"schema": olm}   | catalog:2: not JSON: the word olm where a value should be
            {"schema":"olm.package",\\n"name":"a"\\n                | catalog:3: it ends too early
            schema: olm.package\\nname: "a\\n                       | catalog:2: a quote or bracket is not closed
            {"schema":"olm.package"}                                | catalog:1: olm.package without a name
            schema: olm.package\\nname: a\\n---\\nname: b           | catalog:4: an object without a schema
            just text                                               | catalog:1: expected an object with a schema
            {"schema":"olm.bundle","name":"a"}                      | catalog:1: olm.bundle a without a package
            """)
    void badInput(String text, String message) {
        byte[] bytes = text.replace("\\n", "\n").getBytes(StandardCharsets.UTF_8);
        String said = assertThrows(Cli.Failure.class,
                () -> FileBasedCatalog.read(new ByteArrayInputStream(bytes), "catalog", new Catalog())).getMessage();
        assertEquals(message, said.substring(0, Math.min(message.length(), said.length())));
    }

    @Test
    @DisplayName("a bundle that is there twice is refused")
    void twice() {
        byte[] bytes = "{\"schema\":\"olm.bundle\",\"package\":\"a\",\"name\":\"a.v1\"}\n".repeat(2).getBytes();
        assertEquals("catalog:2: bundle a.v1 of a is there twice", assertThrows(Cli.Failure.class,
                () -> FileBasedCatalog.read(new ByteArrayInputStream(bytes), "catalog", new Catalog())).getMessage());
    }

    @ParameterizedTest(name = "{0} in {1}: {2}")
    @CsvSource({"1.1.0, >=1.0.0 <1.2.0, true", "1.2.0, >=1.0.0 <1.2.0, false", "1.2.0-rc.1, <1.2.0, true",
        "4.9.3-202201, >=4.9.0-0 <4.9.3, true", "1.0.0, >=1.0.0-0, true", "2.1.0, <1.0.0 || >=2.0.0, true",
        "1.5.0, <1.0.0 || >=2.0.0, false", "1.2.9, 1.2.x, true", "1.3.0, 1.2.x, false", "1.0.0+5, 1.0.0, true",
        "1.0.1, !1.0.1, false", "1.0.1, != 1.0.0, true", "1.0.1, >1.0.0 !=1.0.1, false", "1.0.1, <=1.0.1, true",
        "1.0.1-a, <=1.0.0, false", "2.0.0, >1.x, true", "1.9.0, >1.x, false"})
    void ranges(String version, String range, boolean contains) {
        assertEquals(contains, new VersionRange(range).contains(VersionRange.version(version).orElseThrow()));
    }

    @ParameterizedTest(name = "\"{0}\" is no range")
    @ValueSource(strings = {"", "latest", ">=", "1.0.0 and 2.0.0", ">=1.0.0 ||", "1.0.0,2.0.0", "1.2.3.4"})
    void noRange(String text) {
        assertThrows(Cli.Failure.class, () -> new VersionRange(text));
    }

    @Test
    @DisplayName("an imageset's package alone is the head of every channel, its range one over every channel")
    void everyChannel() {
        Catalog catalog = new Catalog();
        Catalog.OperatorPackage lab = catalog.packageOf("lab");
        lab.defaultChannel("stable");
        for (String[] channel : new String[][] {{"stable", "1.0.0", "1.1.0"}, {"fast", "1.1.0", "2.0.0"}, {"old", "0.9.0"}}) {
            Map<String, Catalog.Entry> entries = new TreeMap<>();
            for (int i = 1; i < channel.length; i++) {
                entries.put("lab.v" + channel[i], new Catalog.Entry("lab.v" + channel[i],
                        i == 1 ? null : "lab.v" + channel[i - 1], Set.of(), null));
                lab.bundles.put("lab.v" + channel[i], new Catalog.Bundle("lab", "lab.v" + channel[i], channel[i], "i", List.of(),
                        List.of(), List.of()));
            }
            lab.channels.put(channel[0], entries);
        }
        assertEquals(List.of("0.9.0", "1.1.0", "2.0.0"), new MirroredSelection(catalog).select(Selection.parse("lab"), null).stream()
                .map(Catalog.Bundle::version).toList());
        assertEquals(List.of("1.1.0", "2.0.0"), new MirroredSelection(catalog).select(new Selection("lab", null, null, "1.1.0", null,
                false), null).stream().map(Catalog.Bundle::version).toList());
        assertEquals(List.of("1.1.0"), catalog.select(Selection.parse("lab")).stream().map(Catalog.Bundle::version).toList());
    }
}

//SOURCES ../common/cli/Json.java
//SOURCES ../common/catalog/Catalog.java
//SOURCES ../common/catalog/FileBasedCatalog.java
//SOURCES ../common/cli/Cli.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

import common.catalog.Catalog;
import common.catalog.Catalog.Api;
import common.catalog.Catalog.Bundle;
import common.catalog.Catalog.Requirement;
import common.catalog.FileBasedCatalog;
import common.cli.Cli;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A catalog in YAML")
class CatalogYamlTest {
    private static final Bundle BUNDLE = new Bundle("lab", "lab.v1.0.0", "1.0.0", "q.io/bundle:1",
            List.of("q.io/a:1", "q.io/b:1"), List.of(new Api("g", "v1", "K")),
            List.of(new Requirement("other", ">=1.0.0", null)));

    /** As opm and sigs.k8s.io/yaml write it: keys sorted, sequences not indented, long texts as blocks. */
    private static final String PLAIN = """
            ---
            image: q.io/bundle:1
            name: lab.v1.0.0
            package: lab
            properties:
            - type: olm.csv.metadata
              value:
                annotations:
                  alm-examples: |-
                    [
                      {
                        "type": "olm.package", "value": {"version": "6.6.6"}
                      }
                    ]

                    # no comment
                description: "two
                  lines: of text"
                links:
                - type: olm.package
                - name: no name
                  url: https://example.com
            - type: olm.gvk
              value:
                group: g
                kind: K
                version: v1
            - type: olm.bundle.object
              value:
                data: eyJhIjp7fX0=
            - type: olm.package
              value:
                packageName: lab
                version: 1.0.0
            - type: olm.package.required
              value:
                packageName: other
                versionRange: '>=1.0.0'
            relatedImages:
            - image: q.io/a:1
              name: a
            - image: q.io/b:1
              name: ""
            schema: olm.bundle
            """;

    /** The same bundle in other ways. */
    static Map<String, String> styles() {
        return Map.of("as opm writes it", PLAIN,
                "with sequences indented", PLAIN.replaceAll("(?m)^([- ] )", "    $1"),
                "with CRLF", PLAIN.replace("\n", "\r\n"),
                "with keys and types quoted", PLAIN.replaceAll("(?m)^(\\w+):", "\"$1\":")
                        .replaceAll("(?m)type: (\\S+)$", "type: \"$1\""),
                "with quoted types alone", PLAIN.replaceAll("(?m)type: (\\S+)$", "type: '$1'"),
                "with values before types", PLAIN.replaceAll("(?m)^- type: (olm.package)\n  (value:\n(    .*\n)+)",
                        "- $2  type: $1\n"),
                "with comments and an icon", PLAIN.replaceAll("(?m)^(- type|schema)", "# a comment: x\n$1")
                        .replaceFirst("package: lab\n", "$0icon:\n- name: x\n\n  # y\n- z\n"),
                "in flow style", """
                        --- # comment
                        {schema: olm.bundle, package: lab, name: lab.v1.0.0, image: "q.io/bundle:1", properties: [
                        {type: olm.gvk, value: {group: g, version: v1, kind: K}},
                        {type: olm.package, value: {packageName: lab, version: 1.0.0}},
                        {type: olm.package.required, value: {packageName: other, versionRange: ">=1.0.0"}}],
                        description: {name: x},
                        relatedImages: [{image: "q.io/a:1"}, {image: "q.io/b:1"}]}
                        """,
                "behind a directive", "%YAML 1.2\n" + PLAIN + "...\n",
                "in several documents", "---\nschema: olm.package\nname: lab\ndescription: |\n  ---\n  name: x\n"
                        + PLAIN + "--- {schema: other,\nname: y}\n---\nschema: other\n");
    }

    @ParameterizedTest(name = "{0} gives all that a bundle is made of")
    @MethodSource("names")
    void bundle(String style) throws IOException {
        assertEquals(BUNDLE, read(styles().get(style)).packageOf("lab").bundles.get("lab.v1.0.0"));
    }

    static List<String> names() {
        return styles().keySet().stream().sorted().toList();
    }

    @Test
    @DisplayName("is not parsed where nothing of it is used")
    void notParsed() throws IOException {
        assertEquals("stable", read("schema: olm.package\nicon: {\"unclosed\nname: lab\ndefaultChannel: stable\n")
                .packageOf("lab").defaultChannel());
    }

    @ParameterizedTest(name = "names the right line of an error behind {0}")
    @ValueSource(strings = {"description: |\n  long\n  text\n", "properties:\n- type: olm.csv\n  value:\n    x: y\n"})
    void line(String before) {
        assertEquals("catalog:" + (before.lines().count() + 1) + ": ", assertThrows(Cli.Failure.class,
                () -> read(before + "name: \"lab\n")).getMessage().replaceFirst("(:\\d+: ).*", "$1"));
    }

    private static Catalog read(String yaml) throws IOException {
        Catalog catalog = new Catalog();
        FileBasedCatalog.read(new ByteArrayInputStream(yaml.getBytes(StandardCharsets.UTF_8)), "catalog", catalog);
        return catalog;
    }
}

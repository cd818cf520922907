package common.catalog;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/ParserMessage.java
//SOURCES Catalog.java
//SOURCES CatalogLines.java
//SOURCES CatalogProperty.java
//DEPS org.yaml:snakeyaml:2.5

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import org.yaml.snakeyaml.LoaderOptions;

import common.catalog.Catalog.Api;
import common.catalog.Catalog.Bundle;
import common.catalog.Catalog.Entry;
import common.catalog.Catalog.Requirement;
import common.cli.Cli;
import common.cli.ParserMessage;

/**
 * Reads file-based catalogs (operator-framework, "File-based Catalogs"): objects with a {@code schema} of
 * {@code olm.package}, {@code olm.channel} or {@code olm.bundle}, as concatenated JSON or multi-document YAML, in any
 * order. They are read as a stream of tokens: what a catalog mostly consists of, manifests, is never in memory (of YAML
 * it does not even reach the parser, see {@link CatalogLines}).
 */
public final class FileBasedCatalog {
    private final JsonParser parser;
    private final String where;

    private FileBasedCatalog(JsonParser parser, String where) {
        this.parser = parser;
        this.where = where;
    }

    /**
     * Adds what a file has to the catalog; keeps the stream open. Throws {@link Cli.Failure} with file and line when
     * it is neither JSON nor YAML, or lacks what its schema demands.
     *
     * @param where the file's name for messages
     */
    public static void read(InputStream in, String where, Catalog catalog) throws IOException {
        BufferedInputStream buffered = new BufferedInputStream(in, 1 << 16);
        boolean isJson = json(buffered);
        try (JsonParser parser = isJson ? new JsonFactory().createParser(buffered) : Yaml.parser(buffered)) {
            parser.disable(JsonParser.Feature.AUTO_CLOSE_SOURCE);
            new FileBasedCatalog(parser, where).read(catalog);
        } catch (JsonProcessingException e) {
            String at = e.getLocation() == null ? "" : ":" + e.getLocation().getLineNr();
            String said = e.getOriginalMessage().lines().findFirst().orElse("");
            throw new Cli.Failure(Cli.FAILED, where + at + ": " + (isJson ? ParserMessage.json(said, new byte[0])
                    : ParserMessage.yaml(e.getOriginalMessage())), e);
        }
    }

    /** As opm: what begins with a brace is JSON, whatever the file's name. */
    private static boolean json(BufferedInputStream in) throws IOException {
        in.mark(1 << 15);
        int first = in.read();
        while (first >= 0 && Character.isWhitespace(first)) {
            first = in.read();
        }
        in.reset();
        return first == '{';
    }

    /** A class of its own, so that YAML's classes are loaded only for a file that needs them. */
    private static final class Yaml {
        static JsonParser parser(InputStream in) throws IOException {
            LoaderOptions large = new LoaderOptions();
            large.setCodePointLimit(Integer.MAX_VALUE); // 3 MB by default
            return YAMLFactory.builder().loaderOptions(large).build().createParser(new CatalogLines(in));
        }
    }

    private void read(Catalog catalog) throws IOException {
        for (JsonToken token; (token = parser.nextToken()) != null;) {
            if (token == JsonToken.START_OBJECT) {
                new Blob(parser.currentTokenLocation().getLineNr()).read().addTo(catalog);
            } else if (token != JsonToken.VALUE_NULL) { // an empty YAML document
                throw new Cli.Failure(where + ":" + parser.currentTokenLocation().getLineNr()
                        + ": expected an object with a schema");
            }
        }
    }

    private interface Value {
        /** The parser is at the value's first token and has to be left at its last. */
        void read(String name) throws IOException;
    }

    private void fields(Value value) throws IOException {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            parser.skipChildren();
            return;
        }
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            parser.nextToken();
            value.read(name);
        }
    }

    private void elements(Value value) throws IOException {
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            parser.skipChildren();
            return;
        }
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            value.read(null);
        }
    }

    private String text() throws IOException {
        if (parser.currentToken().isScalarValue()) {
            return parser.currentToken() == JsonToken.VALUE_NULL ? null : parser.getText();
        }
        parser.skipChildren();
        return null;
    }

    /** One object of a catalog. Its schema may come after the fields that it explains, so all are kept to the end. */
    private final class Blob {
        private static final Set<String> WANTED = Set.of("schema", "package", "name", "defaultChannel", "image");
        private final int line;
        private final Map<String, String> fields = new LinkedHashMap<>();
        private final Map<String, Entry> entries = new LinkedHashMap<>();
        private final List<String> relatedImages = new ArrayList<>();
        private final List<Api> provides = new ArrayList<>();
        private final List<Requirement> requires = new ArrayList<>();
        private String version;

        Blob(int line) {
            this.line = line;
        }

        Blob read() throws IOException {
            fields(name -> {
                switch (name) {
                    case "entries" -> elements(none -> entry());
                    case "relatedImages" -> elements(none -> fields(field -> {
                        String text = field.equals("image") ? text() : skip();
                        if (text != null) {
                            relatedImages.add(text);
                        }
                    }));
                    case "properties" -> elements(none -> property());
                    default -> {
                        String text = WANTED.contains(name) ? text() : skip();
                        if (text != null) {
                            fields.put(name, text);
                        }
                    }
                }
            });
            return this;
        }

        private String skip() throws IOException {
            parser.skipChildren();
            return null;
        }

        private void entry() throws IOException {
            Map<String, String> found = new LinkedHashMap<>();
            Set<String> skips = new LinkedHashSet<>();
            fields(name -> {
                if (name.equals("skips")) {
                    elements(none -> skips.add(String.valueOf(text())));
                } else {
                    found.put(name, text());
                }
            });
            String name = required(found.get("name"), "an entry without a name");
            if (entries.put(name, new Entry(name, found.get("replaces"), skips, found.get("skipRange"))) != null) {
                throw failure("entry " + name + " is twice in one channel");
            }
        }

        private void property() throws IOException {
            Map<String, String> value = new LinkedHashMap<>();
            String[] type = {""};
            fields(name -> {
                switch (name) {
                    case "type" -> type[0] = text();
                    case "value" -> fields(inner -> {
                        // the few short ones that are used; others are manifests of megabytes
                        value.put(inner, CatalogProperty.FIELDS.contains(inner) ? text() : skip());
                    });
                    default -> parser.skipChildren();
                }
            });
            CatalogProperty property = new CatalogProperty(type[0], value);
            version = property.isPackage() ? value.get("version") : version;
            property.provided().ifPresent(provides::add);
            property.required().ifPresent(requires::add);
        }

        void addTo(Catalog catalog) {
            switch (required(fields.get("schema"), "an object without a schema")) {
                case "olm.package" -> {
                    String name = required(fields.get("name"), "olm.package without a name");
                    catalog.packageOf(name).defaultChannel(fields.getOrDefault("defaultChannel", ""));
                }
                case "olm.channel" -> {
                    String name = required(fields.get("name"), "olm.channel without a name");
                    String of = required(fields.get("package"), "olm.channel " + name + " without a package");
                    if (catalog.packageOf(of).channels.put(name, entries) != null) {
                        throw failure("channel " + name + " of " + of + " is there twice");
                    }
                }
                case "olm.bundle" -> {
                    String name = required(fields.get("name"), "olm.bundle without a name");
                    String of = required(fields.get("package"), "olm.bundle " + name + " without a package");
                    if (catalog.packageOf(of).bundles.put(name, new Bundle(of, name, version, fields.get("image"),
                            List.copyOf(relatedImages), List.copyOf(provides), List.copyOf(requires))) != null) {
                        throw failure("bundle " + name + " of " + of + " is there twice");
                    }
                }
                default -> {
                    // olm.deprecations and schemas of others: they name no image
                }
            }
        }

        private String required(String value, String otherwise) {
            if (value == null || value.isEmpty()) {
                throw failure(otherwise);
            }
            return value;
        }

        private Cli.Failure failure(String message) {
            return new Cli.Failure(where + ":" + line + ": " + message);
        }
    }
}

//SOURCES ../common/cli/Json.java
//DEPS org.xerial:sqlite-jdbc:3.53.4.0

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import common.cli.Json;

/** An operator catalog in each of the forms in which opm leaves one. */
record CatalogFile(List<Operator> operators) {
    /** A package; {@code channels}: name -> entries in the order in which they are written. */
    record Operator(String name, String defaultChannel, Map<String, List<Entry>> channels, List<Bundle> bundles) {
        String bundle(String version) {
            return name + ".v" + version;
        }
    }

    /** All by version; {@code replaces} and {@code skipRange} may be null. */
    record Entry(String version, String replaces, List<String> skips, String skipRange) {
        Entry(String version, String replaces) {
            this(version, replaces, List.of(), null);
        }
    }

    /** {@code properties}: type -> value, beside {@code olm.package}. */
    record Bundle(String version, String image, List<String> relatedImages,
            List<Map.Entry<String, ObjectNode>> properties) {
    }

    /** What {@code opm render} prints: JSON objects one after the other. */
    byte[] json() {
        ByteArrayOutputStream json = new ByteArrayOutputStream();
        blobs().forEach(blob -> json.writeBytes(Json.pretty(blob)));
        return json.toByteArray();
    }

    /** YAML documents. */
    byte[] yaml() {
        YAMLMapper mapper = new YAMLMapper();
        ByteArrayOutputStream yaml = new ByteArrayOutputStream();
        try {
            for (ObjectNode blob : blobs()) {
                yaml.writeBytes(mapper.writeValueAsBytes(blob));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return yaml.toByteArray();
    }

    private List<ObjectNode> blobs() {
        List<ObjectNode> blobs = new ArrayList<>();
        for (Operator operator : operators) {
            ObjectNode of = Json.object().put("schema", "olm.package").put("name", operator.name)
                    .put("defaultChannel", operator.defaultChannel).put("description", "A \"lab\" operator: \u21161");
            of.putObject("icon").put("base64data", "PHN2Zy8+").put("mediatype", "image/svg+xml");
            blobs.add(of);
            operator.channels.forEach((name, entries) -> {
                ObjectNode channel = Json.object().put("schema", "olm.channel").put("package", operator.name)
                        .put("name", name);
                entries.forEach(e -> entry(channel.withArray("entries").addObject(), operator, e));
                blobs.add(channel);
            });
            operator.bundles.forEach(b -> blobs.add(bundle(operator, b)));
        }
        return blobs;
    }

    private static void entry(ObjectNode node, Operator operator, Entry entry) {
        node.put("name", operator.bundle(entry.version));
        if (entry.replaces != null) {
            node.put("replaces", operator.bundle(entry.replaces));
        }
        entry.skips.forEach(s -> node.withArray("skips").add(operator.bundle(s)));
        if (entry.skipRange != null) {
            node.put("skipRange", entry.skipRange);
        }
    }

    private static ObjectNode bundle(Operator operator, Bundle bundle) {
        ObjectNode blob = Json.object().put("name", operator.bundle(bundle.version)).put("package", operator.name)
                .put("image", bundle.image);
        ObjectNode version = blob.withArray("properties").addObject().put("type", "olm.package");
        version.putObject("value").put("packageName", operator.name).put("version", bundle.version);
        bundle.properties.forEach(p ->
                blob.withArray("properties").addObject().put("type", p.getKey()).set("value", p.getValue()));
        blob.withArray("relatedImages").addObject().put("name", "").put("image", bundle.image);
        bundle.relatedImages.forEach(i ->
                blob.withArray("relatedImages").addObject().put("name", "operand").put("image", i));
        return blob.put("schema", "olm.bundle"); // last, as a file sorted by key has it
    }

    /** An SQLite database with the tables and columns of operator-registry that name images. */
    void sqlite(Path file) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file)) {
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                for (String table : List.of("operatorbundle(name TEXT PRIMARY KEY, csv TEXT, bundle TEXT, "
                        + "bundlepath TEXT, version TEXT, skiprange TEXT, replaces TEXT, skips TEXT)",
                        "package(name TEXT PRIMARY KEY, default_channel TEXT)",
                        "channel(name TEXT, package_name TEXT, head_operatorbundle_name TEXT)",
                        "channel_entry(entry_id INTEGER PRIMARY KEY, channel_name TEXT, package_name TEXT, "
                        + "operatorbundle_name TEXT, replaces INTEGER, depth INTEGER)",
                        "related_image(image TEXT, operatorbundle_name TEXT)",
                        "properties(type TEXT, value TEXT, operatorbundle_name TEXT, operatorbundle_version TEXT, "
                        + "operatorbundle_path TEXT)",
                        "dependencies(type TEXT, value TEXT, operatorbundle_name TEXT, operatorbundle_version TEXT, "
                        + "operatorbundle_path TEXT)")) {
                    statement.execute("CREATE TABLE " + table);
                }
            }
            for (Operator operator : operators) {
                insert(connection, "package", operator.name, operator.defaultChannel);
                for (Bundle bundle : operator.bundles) {
                    sqlite(connection, operator, bundle);
                }
                for (Map.Entry<String, List<Entry>> channel : operator.channels.entrySet()) {
                    insert(connection, "channel", channel.getKey(), operator.name, null);
                    for (Entry entry : channel.getValue()) {
                        sqlite(connection, operator, channel.getKey(), entry);
                    }
                }
            }
            connection.commit();
        }
    }

    private static void sqlite(Connection connection, Operator operator, Bundle bundle) throws SQLException {
        String name = operator.bundle(bundle.version);
        insert(connection, "operatorbundle", name, null, null, bundle.image, bundle.version, "", "", "");
        insert(connection, "properties", "olm.package", Json.object().put("packageName", operator.name)
                .put("version", bundle.version).toString(), name, bundle.version, bundle.image);
        for (String image : bundle.relatedImages) {
            insert(connection, "related_image", image, name);
        }
        for (Map.Entry<String, ObjectNode> p : bundle.properties) {
            boolean required = p.getKey().endsWith(".required"); // of other names in this table
            ObjectNode value = p.getValue().deepCopy();
            if (value.has("versionRange")) {
                value.set("version", value.remove("versionRange"));
            }
            insert(connection, required ? "dependencies" : "properties", p.getKey().replace(".required", ""),
                    value.toString(), name, bundle.version, bundle.image);
        }
    }

    /** An entry for each bundle that is replaced or skipped, which has one of its own from then on. */
    private static void sqlite(Connection connection, Operator operator, String channel, Entry entry)
            throws SQLException {
        String name = operator.bundle(entry.version);
        insert(connection, "channel_entry", null, channel, operator.name, name, null, 0);
        if (entry.replaces != null) {
            insert(connection, "channel_entry", null, channel, operator.name, operator.bundle(entry.replaces), null, 1);
            execute(connection, "INSERT INTO channel_entry VALUES (NULL, ?, ?, ?, last_insert_rowid(), 0)", channel,
                    operator.name, name);
        }
        execute(connection, "UPDATE operatorbundle SET skiprange = ?, skips = ?, replaces = ? WHERE name = ?",
                entry.skipRange == null ? "" : entry.skipRange,
                String.join(",", entry.skips.stream().map(operator::bundle).toList()),
                entry.replaces == null ? "" : operator.bundle(entry.replaces), name);
    }

    private static void insert(Connection connection, String table, Object... values) throws SQLException {
        execute(connection, "INSERT INTO " + table + " VALUES (?" + ", ?".repeat(values.length - 1) + ")", values);
    }

    private static void execute(Connection connection, String sql, Object... values) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < values.length; i++) {
                statement.setObject(i + 1, values[i]);
            }
            statement.execute();
        }
    }
}

package common.catalog;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES Catalog.java
//SOURCES CatalogProperty.java
//DEPS org.xerial:sqlite-jdbc:3.53.4.0

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import com.fasterxml.jackson.databind.JsonNode;

import common.catalog.Catalog.Api;
import common.catalog.Catalog.Entry;
import common.catalog.Catalog.Requirement;
import common.cli.Cli;
import common.cli.Json;

/**
 * Reads the database of an SQLite catalog, {@code /database/index.db}, as opm leaves it (operator-registry,
 * pkg/sqlite/migrations; since migration 9, {@code properties}, of 2020).
 */
public final class SqliteCatalog {
    private final Statement statement;
    private final Catalog catalog;
    private final Map<String, List<String>> images = new HashMap<>();
    private final Map<String, List<CatalogProperty>> properties = new HashMap<>();

    private SqliteCatalog(Statement statement, Catalog catalog) {
        this.statement = statement;
        this.catalog = catalog;
    }

    /**
     * Adds what the database has to the catalog; the file is not written to. Throws {@link Cli.Failure} when it is none
     * of this schema.
     *
     * @param where the file's name for messages
     */
    public static void read(Path file, String where, Catalog catalog) {
        // immutable: else a database in WAL mode asks for files beside it
        String url = "jdbc:sqlite:file:" + file.toUri().getRawPath() + "?immutable=1&mode=ro";
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            new SqliteCatalog(statement, catalog).read();
        } catch (SQLException e) {
            throw new Cli.Failure(Cli.FAILED, where + ": not a catalog's database, or one of an opm before 2020: "
                    + e.getMessage(), e);
        }
    }

    private interface Row {
        void read(ResultSet row) throws SQLException;
    }

    private void each(String query, Row row) throws SQLException {
        try (ResultSet rows = statement.executeQuery(query)) {
            while (rows.next()) {
                row.read(rows);
            }
        }
    }

    private void read() throws SQLException {
        each("SELECT name, default_channel FROM package", r ->
                catalog.packageOf(r.getString(1)).defaultChannel(r.getString(2) == null ? "" : r.getString(2)));
        each("SELECT operatorbundle_name, image FROM related_image WHERE image <> ''", r ->
                images.computeIfAbsent(r.getString(1), n -> new ArrayList<>()).add(r.getString(2)));
        // not olm.bundle.object and the like: manifests of megabytes
        each("SELECT operatorbundle_name, type, value FROM properties WHERE type IN ('olm.package', 'olm.gvk')", r ->
                properties.computeIfAbsent(r.getString(1), n -> new ArrayList<>()).add(property(r, "")));
        each("SELECT operatorbundle_name, type, value FROM dependencies", r ->
                properties.computeIfAbsent(r.getString(1), n -> new ArrayList<>()).add(property(r, ".required")));
        each("SELECT DISTINCT c.package_name, b.name, b.version, b.bundlepath FROM operatorbundle b "
                + "JOIN channel_entry c ON c.operatorbundle_name = b.name", this::bundle);
        each("SELECT c.package_name, c.channel_name, c.operatorbundle_name, r.operatorbundle_name, b.skips, "
                + "b.skiprange, b.replaces FROM channel_entry c LEFT JOIN channel_entry r ON c.replaces = r.entry_id "
                + "LEFT JOIN operatorbundle b ON c.operatorbundle_name = b.name ORDER BY c.entry_id", this::entry);
    }

    /** Dependencies have the same types as properties, without {@code .required}, and a range as their version. */
    private static CatalogProperty property(ResultSet row, String kind) throws SQLException {
        Map<String, String> value = new HashMap<>();
        JsonNode json = Json.parse(row.getBytes(3), "property of " + row.getString(1));
        CatalogProperty.FIELDS.forEach(f -> value.put(f, json.path(f).asText(null)));
        value.putIfAbsent("versionRange", value.get("version"));
        String type = row.getString(2);
        return new CatalogProperty(type.endsWith(kind) ? type : type + kind, value);
    }

    private void bundle(ResultSet row) throws SQLException {
        String name = row.getString(2);
        String version = row.getString(3);
        List<Api> provides = new ArrayList<>();
        Set<Requirement> requires = new HashSet<>();
        for (CatalogProperty property : properties.getOrDefault(name, List.of())) {
            version = version == null && property.isPackage() ? property.value().get("version") : version;
            property.provided().ifPresent(provides::add);
            property.required().ifPresent(requires::add);
        }
        catalog.packageOf(row.getString(1)).bundles.put(name, new Catalog.Bundle(row.getString(1), name, version,
                row.getString(4), images.getOrDefault(name, List.of()), provides, List.copyOf(requires)));
    }

    /** A bundle has a row for each that it replaces or skips in the channel. */
    private void entry(ResultSet row) throws SQLException {
        Map<String, Entry> channel = catalog.packageOf(row.getString(1)).channels
                .computeIfAbsent(row.getString(2), n -> new HashMap<>());
        Entry entry = channel.get(row.getString(3));
        if (entry == null) {
            String range = row.getString(6) == null || row.getString(6).isBlank() ? null : row.getString(6);
            String replaces = row.getString(7) == null || row.getString(7).isBlank() ? null : row.getString(7).strip();
            entry = new Entry(row.getString(3), replaces, new HashSet<>(), range);
            channel.put(entry.name(), entry);
        }
        for (String superseded : ((row.getString(4) == null ? "" : row.getString(4)) + ","
                + (row.getString(5) == null ? "" : row.getString(5))).split(",")) {
            if (!superseded.isBlank() && !superseded.strip().equals(entry.replaces())) {
                entry.skips().add(superseded.strip());
            }
        }
    }
}

package common.catalog;

//SOURCES Catalog.java

import java.util.Map;
import java.util.Optional;
import java.util.Set;

import common.catalog.Catalog.Api;
import common.catalog.Catalog.Requirement;

/** A bundle's property as both kinds of catalogs have it: {@code value} holds the scalars of its JSON object. */
record CatalogProperty(String type, Map<String, String> value) {
    /** Those that are used. */
    static final Set<String> TYPES = Set.of("olm.package", "olm.package.required", "olm.gvk", "olm.gvk.required");
    static final Set<String> FIELDS = Set.of("packageName", "version", "versionRange", "group", "kind");

    boolean isPackage() {
        return "olm.package".equals(type);
    }

    Optional<Api> provided() {
        return "olm.gvk".equals(type) ? Optional.of(api()) : Optional.empty();
    }

    Optional<Requirement> required() {
        return Optional.ofNullable("olm.gvk.required".equals(type) ? new Requirement(null, null, api())
                : "olm.package.required".equals(type)
                ? new Requirement(value.get("packageName"), value.get("versionRange"), null) : null);
    }

    private Api api() {
        return new Api(value.get("group"), value.get("version"), value.get("kind"));
    }
}

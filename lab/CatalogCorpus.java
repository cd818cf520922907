//SOURCES ../common/cli/Json.java
//SOURCES ../common/oci/Digest.java
//SOURCES CatalogFile.java
//SOURCES FileLayer.java
//SOURCES ImagePush.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;

import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Json;
import common.oci.Digest;

/**
 * Operators in small, with images that can be pulled, in a catalog of each kind. The images' layers are plain tars of
 * given content, so that digests are the same on every host and an expected list can be checked in.
 */
final class CatalogCorpus {
    private static final String HOST = "registry.redhat.io/";
    private static final String INDEX = "redhat/redhat-operator-index";
    static final String SQLITE = HOST + INDEX + ":v4.10";
    static final String JSON = HOST + INDEX + ":v4.11";
    static final String YAML = HOST + INDEX + ":v4.12";

    private final ImagePush push;
    private final Path registriesConf;

    private CatalogCorpus(ImagePush push, Path registriesConf) {
        this.push = push;
        this.registriesConf = registriesConf;
    }

    /** For a registry on loopback; a registries.conf that maps Red Hat's registries to it goes into the folder. */
    static CatalogCorpus on(int port, Path folder) throws IOException {
        StringBuilder conf = new StringBuilder();
        for (String prefix : List.of("quay.io", "registry.redhat.io")) {
            conf.append("""
                    [[registry]]
                    prefix = "%s"
                    location = "127.0.0.1:%d"
                    insecure = true
                    """.formatted(prefix, port));
        }
        Path file = Files.writeString(folder.resolve("catalog-registries.conf"), conf);
        return new CatalogCorpus(new ImagePush(port), file);
    }

    Path registriesConf() {
        return registriesConf;
    }

    /** Pushes the operators and the same catalog of them in each of the three forms. */
    CatalogFile publish() throws IOException, SQLException {
        CatalogFile catalog = operators();
        index("v4.10", database(catalog));
        index("v4.11", FileLayer.with("configs/" + catalog.operators().get(0).name() + "/catalog.json",
                new CatalogFile(catalog.operators().subList(0, 1)).json()).with("configs/others/catalog.json",
                new CatalogFile(catalog.operators().subList(1, catalog.operators().size())).json()));
        index("v4.12", FileLayer.with("configs/all.yaml", catalog.yaml()));
        return catalog;
    }

    /** Pushes an index image of a base layer and these; returns its reference by tag. */
    String index(String tag, FileLayer.Content... layers) throws IOException {
        List<FileLayer> all = new ArrayList<>(List.of(FileLayer.with("bin/opm", new byte[10_000])
                .with("configs/.keep", "").plain()));
        Arrays.stream(layers).map(FileLayer.Content::gzip).forEach(all::add);
        push.push(INDEX, tag, all);
        return HOST + INDEX + ":" + tag;
    }

    static FileLayer.Content database(CatalogFile catalog) throws IOException, SQLException {
        Path file = Files.createTempFile("index", ".db");
        try {
            catalog.sqlite(file);
            return FileLayer.with("database/index.db", Files.readAllBytes(file));
        } finally {
            Files.delete(file);
        }
    }

    /** Four operators: sriov needs nfd by its API and, in 4.10.2, local-storage by its name. */
    private CatalogFile operators() throws IOException {
        ObjectNode nfd = Json.object().put("group", "nfd.openshift.io").put("version", "v1").put("kind", "NodeFeature");
        ObjectNode storage = Json.object().put("packageName", "local-storage-operator")
                .put("versionRange", ">=4.10.0 <4.11.0");
        return new CatalogFile(List.of(
                operator("local-storage-operator", "stable", Map.of("stable", List.of(entry("4.10.1", "4.10.0"),
                        entry("4.10.0", null))), List.of()),
                operator("nfd", "stable", Map.of("stable", List.of(entry("4.10.0", null))),
                        List.of(Map.entry("olm.gvk", nfd))),
                operator("ptp-operator", "4.10", new TreeMap<>(Map.of(
                        "4.10", List.of(entry("4.10.0", null)),
                        "stable", List.of(new CatalogFile.Entry("4.10.2", null, List.of("4.10.1"), ">=4.9.0 <4.10.2"),
                                entry("4.10.1", null), entry("4.10.0", null)))), List.of()),
                operator("sriov-network-operator", "4.10", Map.of("4.10", List.of(
                        entry("4.10.0", null), entry("4.10.2", "4.10.1"),
                        entry("4.10.1", "4.10.0"))),
                        List.of(Map.entry("olm.gvk.required", nfd), Map.entry("olm.package.required", storage)))));
    }

    private CatalogFile.Operator operator(String name, String defaultChannel,
            Map<String, List<CatalogFile.Entry>> channels, List<Map.Entry<String, ObjectNode>> properties)
            throws IOException {
        List<CatalogFile.Bundle> bundles = new ArrayList<>();
        for (String version : channels.values().stream().flatMap(List::stream).map(CatalogFile.Entry::version).sorted()
                .distinct().toList()) {
            bundles.add(new CatalogFile.Bundle(version, image(name + "-bundle", version),
                    List.of(image(name + "-rhel8", version), image("kube-rbac-proxy", "4.10")), properties));
        }
        return new CatalogFile.Operator(name, defaultChannel, channels, bundles);
    }

    private static CatalogFile.Entry entry(String version, String replaces) {
        return new CatalogFile.Entry(version, replaces);
    }

    private String image(String name, String version) throws IOException {
        String repository = "openshift4/" + name;
        FileLayer base = FileLayer.with("etc/os-release", "ID=lab\n").plain();
        FileLayer own = FileLayer.with("usr/bin/" + name, version).plain();
        return HOST + repository + "@" + push.push(repository, "v" + version, List.of(base, own));
    }

    /**
     * A package {@code many} of ten minor versions with twenty patches each, of which 1.9.19 is the head of channel
     * {@code stable}. Within a minor version each replaces the one before, but 11 skips 10. The first of a minor
     * version replaces the last of the one before, or skips it by range. The order is mixed; no image exists.
     *
     * @param manifestBytes how large the manifest is that each bundle carries along
     */
    static CatalogFile many(int manifestBytes) {
        List<CatalogFile.Entry> entries = new ArrayList<>(IntStream.range(0, 200).mapToObj(CatalogCorpus::entry)
                .toList());
        Collections.shuffle(entries, new Random(1));
        Random random = new Random(2);
        StringBuilder letters = new StringBuilder();
        while (letters.length() < manifestBytes) {
            letters.append((char) ('A' + random.nextInt(26)));
        }
        ObjectNode manifest = Json.object().put("data", letters.toString());
        List<CatalogFile.Bundle> bundles = entries.stream().map(e -> new CatalogFile.Bundle(e.version(),
                invented("many-bundle", e.version()), List.of(invented("many", e.version())),
                List.of(Map.entry("olm.bundle.object", manifest)))).toList();
        return new CatalogFile(List.of(new CatalogFile.Operator("many", "stable", Map.of("stable", entries), bundles)));
    }

    private static CatalogFile.Entry entry(int number) {
        int minor = number / 20;
        int patch = number % 20;
        String version = "1." + minor + "." + patch;
        if (patch == 0) {
            return minor % 2 == 1 ? new CatalogFile.Entry(version, "1." + (minor - 1) + ".19")
                    : new CatalogFile.Entry(version, null, List.of(), "<" + version);
        }
        return patch == 11 ? new CatalogFile.Entry(version, "1." + minor + ".9", List.of("1." + minor + ".10"), null)
                : new CatalogFile.Entry(version, "1." + minor + "." + (patch - 1));
    }

    private static String invented(String name, String version) {
        return HOST + "lab/" + name + "@" + Digest.of((name + version).getBytes());
    }
}

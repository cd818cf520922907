//SOURCES ../lab/Corpus.java
//SOURCES HelpBench.java
//SOURCES LoadBench.java
//SOURCES Material.java
//SOURCES NodeBench.java
//SOURCES PullBench.java
//SOURCES RegistryBench.java
//SOURCES Setting.java
//SOURCES StoreBench.java
//SOURCES VerifyBench.java

import java.io.IOException;

/**
 * Everything in its order; corpora are made when they are needed. The small one has {@code images} images, the large
 * one so many more that 46 become 162, each a third larger.
 */
record Measurement(Setting setting, Part part, int images, double scale) {
    private static final int VERIFIED_MIB = 128;

    enum Part { pull, load, store, verify, registry, node, all }

    void run() throws IOException {
        PullBench pull = new PullBench(setting);
        try (Material small = Material.of(setting, "small", Corpus.of(images, scale))) {
            HelpBench help = new HelpBench(setting, small.contenders);
            help.build();
            if (is(Part.pull)) {
                pull.small(small);
                pull.relay(small);
            }
            if (is(Part.load)) {
                new LoadBench(setting).small(small);
            }
            if (is(Part.pull) || is(Part.store)) {
                large(pull, small);
            }
            if (is(Part.pull)) {
                try (Material thick = Material.of(setting, "thick", Corpus.of(6, 12 * scale))) {
                    pull.memory(thick);
                }
            }
            if (is(Part.verify)) {
                new VerifyBench(setting).run(small.contenders, Math.max(1, (int) (VERIFIED_MIB * scale)));
            }
            if (is(Part.registry)) {
                new RegistryBench(setting).run(small, Math.max(1, (int) (VERIFIED_MIB * scale)));
            }
            if (is(Part.node)) {
                NodeBench node = new NodeBench(setting);
                node.startUp(small);
                node.rehearsal(small.contenders);
            }
            if (part == Part.all) {
                help.run();
            }
        }
    }

    private void large(PullBench pull, Material small) throws IOException {
        try (Material large = Material.of(setting, "large", Corpus.of(images * 162 / 46, 1.3 * scale))) {
            if (is(Part.pull)) {
                pull.large(large);
            }
            if (is(Part.store)) {
                stores(small, large);
            }
        }
    }

    private void stores(Material small, Material large) throws IOException {
        StoreBench store = new StoreBench(setting);
        store.build(small);
        double thin;
        try (Material tiny = Material.of(setting, "tiny", Corpus.of(images, scale / 20))) {
            thin = store.site(tiny, 1);
        }
        double usual = store.site(small, 1);
        store.site(large, 2);
        setting.report().goal("store on site, images 20 times as large \u00f7 small ones", usual / thin, 1.2, "");
    }

    private boolean is(Part asked) {
        return part == asked || part == Part.all;
    }
}

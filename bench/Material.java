//SOURCES ../lab/Corpus.java
//SOURCES ../lab/LocalRegistry.java
//SOURCES Contender.java
//SOURCES Contenders.java
//SOURCES Setting.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** A corpus in a registry that runs until {@link #close}, and what the contenders make of it. */
final class Material implements AutoCloseable {
    final Corpus.Published corpus;
    final LocalRegistry registry;
    final Contenders contenders;
    private final Setting setting;

    private Material(Setting setting, LocalRegistry registry, Corpus.Published corpus, Contenders contenders) {
        this.setting = setting;
        this.registry = registry;
        this.corpus = corpus;
        this.contenders = contenders;
    }

    static Material of(Setting setting, String name, Corpus images) throws IOException {
        Path folder = setting.lab().path().resolve(name);
        System.err.println("making the corpus " + name);
        LocalRegistry registry = LocalRegistry.start(folder.resolve("registry"));
        try {
            Corpus.Published corpus = images.publish(registry.port(), folder.resolve("lists"));
            Contenders contenders = new Contenders(setting.repository(), setting.lab(), folder, corpus.references(),
                    corpus.registriesConf(), setting.peers());
            return new Material(setting, registry, corpus, contenders);
        } catch (IOException | RuntimeException e) {
            registry.close();
            throw e;
        }
    }

    /** {@code 46 images, 447.4 MB as listed, 157.5 MB unique}. */
    String size() {
        return String.format(Locale.ROOT, "%d images, %.1f MB as listed, %.1f MB unique", corpus.references().size(),
                corpus.listedBytes() / 1e6, corpus.uniqueBytes() / 1e6);
    }

    /** Our pull, if none has been made. */
    void pulled() throws IOException {
        if (!Files.exists(contenders.set())) {
            setting.turns(List.of(contenders.pull()), 1);
        }
    }

    /** The original's tarballs, if they have not been made. */
    void tarballs() throws IOException {
        for (Contender contender : contenders.pulls()) {
            if (contender.name().equals(Contenders.ORIGINAL) && !Files.exists(contenders.tarballs())) {
                setting.turns(List.of(contender), 1);
            }
        }
    }

    @Override
    public void close() {
        registry.close();
    }
}

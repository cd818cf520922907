package common.inventory;

//SOURCES Role.java

import java.util.List;
import java.util.Locale;

/** Which way the images take into the node, and so what of a release is staged (kinds as in {@link Inventory}). */
public enum StagingMode {
    /** {@link #BOTH} where there is a packed store, else {@link #LOAD}. */
    AUTO,
    /** Blobs: images are loaded on site, and the node's registry serves them whole. */
    LOAD,
    /**
     * The packed store and, of the blobs, only what is asked for on site whatever is mounted: manifests and configs of
     * all images, and whole the images that no container runs from.
     */
    STORE,
    /** The images run from the store, the node's registry serves them from the blobs. */
    BOTH;

    /** What it is for a release that has a packed store, or has none. */
    public StagingMode resolve(boolean store) {
        return this != AUTO ? this : store ? BOTH : LOAD;
    }

    /** Whether files of that kind are staged; of one that we do not know: yes. Not for {@link #AUTO}. */
    public boolean stages(String kind) {
        return !kind.equals("store") || this != LOAD;
    }

    /** Whether a blob is staged; {@code role} is null where the inventory does not say: then it is. */
    public boolean stages(Role role) {
        return this != STORE || role != Role.LAYER;
    }

    /** Whether an image can be loaded from what is staged. */
    public boolean stagesLayers() {
        return this != STORE;
    }

    /** The kinds that staged.json names; {@code blob} stands for every blob. */
    public List<String> kinds() {
        return List.of("blob", "set", "node", "store").stream()
                .filter(k -> k.equals("blob") ? stagesLayers() : stages(k)).toList();
    }

    /** As on the command line and in staged.json. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}

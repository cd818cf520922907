package common.storage;

//SOURCES ../oci/Digest.java

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

import common.oci.Digest;

/**
 * In which order images are loaded when several are at once: as given, but an image that shares a blob with one that
 * is being loaded waits, unless an image with that blob has been loaded before. So no layer is unpacked twice. Safe for
 * use from several threads.
 */
final class LoadSchedule<T> {
    private final List<T> waiting;
    private final Function<T, Set<Digest>> blobsOf;
    private final Set<Digest> busy = new HashSet<>();
    private final Set<Digest> loaded = new HashSet<>();

    LoadSchedule(List<T> images, Function<T, Set<Digest>> blobsOf) {
        this.waiting = new ArrayList<>(images);
        this.blobsOf = blobsOf;
    }

    /**
     * The next image; waits while all that are left share something with running ones, whose threads must call
     * {@link #ended} whatever happens to them. Null when none is left.
     */
    synchronized T next() throws InterruptedException {
        while (!waiting.isEmpty()) {
            for (T image : waiting) {
                if (Collections.disjoint(missing(blobsOf.apply(image)), busy)) {
                    waiting.remove(image);
                    busy.addAll(missing(blobsOf.apply(image)));
                    return image;
                }
            }
            wait();
        }
        return null;
    }

    /** For an image whose blobs are known only now, as those of a tarball: waits until it may be loaded. */
    synchronized void begin(Set<Digest> blobs) throws InterruptedException {
        while (!Collections.disjoint(missing(blobs), busy)) {
            wait();
        }
        busy.addAll(missing(blobs));
    }

    /** Ends what {@link #next} or {@link #begin} began. */
    synchronized void ended(Set<Digest> blobs, boolean success) {
        busy.removeAll(missing(blobs));
        if (success) {
            loaded.addAll(blobs);
        }
        notifyAll();
    }

    private Set<Digest> missing(Set<Digest> blobs) {
        Set<Digest> missing = new HashSet<>(blobs);
        missing.removeAll(loaded);
        return missing;
    }
}

import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;

/** How many faults this run has brought about, and the seed from which they were chosen. */
final class Injections {
    private static final AtomicInteger count = new AtomicInteger();
    private static long seed = new Random().nextInt(1_000_000);

    private Injections() {
    }

    /** The seed of a run that is to be repeated. */
    static void seed(long of) {
        seed = of;
    }

    /** The same choices for the same seed, whatever other tests run. */
    static Random random(String test) {
        return new Random(seed * 31 + test.hashCode());
    }

    /** One more fault has happened, and what came of it was looked at. */
    static void add() {
        count.incrementAndGet();
    }

    static boolean any() {
        return count.get() > 0;
    }

    /** For the end of the run's report. */
    static String line() {
        return count + " faults injected, seed " + seed + " (--seed " + seed + " chooses the same)";
    }
}

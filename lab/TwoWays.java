//SOURCES StepTable.java

/** Loading images and mounting them as a store, side by side. */
final class TwoWays {
    private Way load;
    private Way store;
    private double packing;

    /** What one way took on site: bytes of the images on the partition, bytes written into containers-storage. */
    record Way(double seconds, long onPartition, long written) {
    }

    void loaded(Way way) {
        load = way;
    }

    /** @param packing seconds that the store took in the factory */
    void mounted(Way way, double packing) {
        store = way;
        this.packing = packing;
    }

    void print() {
        line("the two ways", "load", "store");
        line("in the factory, once for all servers: seconds", "", StepTable.seconds(packing));
        line("on the partition: MB", StepTable.mb(load.onPartition), StepTable.mb(store.onPartition));
        line("on site, until every image answers: seconds", StepTable.seconds(load.seconds),
                StepTable.seconds(store.seconds));
        line("on site, written into containers-storage: MB", StepTable.mb(load.written), StepTable.mb(store.written));
    }

    private static void line(String what, String load, String store) {
        System.out.printf("%-56s %8s %8s%n", what, load, store);
    }
}

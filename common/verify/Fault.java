package common.verify;

import java.util.Locale;

/** What is the matter with a file, for programs; for people each finding has a line. In JSON the name in lower case. */
public enum Fault {
    /** Its bytes are not what they must be, or it does not unpack. */
    DAMAGED,
    /** It must be there. */
    MISSING,
    /** It cannot be read, or is not of its format. */
    UNREADABLE,
    /** Two files contradict each other: a list and an index, say, or an inventory and the one it is compared with. */
    INCONSISTENT,
    /** Nothing that stands for this folder has it. */
    FOREIGN,
    /** The inventory has no signature, or not that of the key given. */
    SIGNATURE,
    /** It looks like a secret. */
    SECRET,
    /** An image is whole, and no node's loader takes it. */
    NOT_LOADABLE;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}

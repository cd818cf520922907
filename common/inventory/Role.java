package common.inventory;

import java.util.Locale;

/** What a blob is in the images that need it; one that is several things has the role that stages it in more modes. */
public enum Role {
    /** A layer of images that containers run from: not needed where these are in a store. */
    LAYER,
    CONFIG,
    MANIFEST,
    /** Config or layer of an image that no container runs from, the operating system's: pulled on site in every mode. */
    WHOLE;

    /** Of an inventory's field; null for one that is absent or that we do not know. */
    static Role of(String text) {
        for (Role role : values()) {
            if (role.toString().equals(text)) {
                return role;
            }
        }
        return null;
    }

    /** The one of both that is needed in more modes; either may be null. */
    static Role more(Role one, Role other) {
        return one == null || other != null && other.compareTo(one) > 0 ? other : one;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}

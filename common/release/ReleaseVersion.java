package common.release;

//SOURCES ../cli/Cli.java
//SOURCES ReleaseModel.java

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The release of an option: a version such as 4.18.3, or its beginning 4.18, which is all that decides. */
public final class ReleaseVersion implements ITypeConverter<ReleaseModel> {
    @Override
    public ReleaseModel convert(String text) {
        try {
            ReleaseModel release = ReleaseModel.of(text);
            if (release.minor() < ReleaseModel.OLDEST.minor()) {
                throw new TypeConversionException("'" + text + "' is older than " + ReleaseModel.OLDEST.shown()
                        + ", the oldest release that is known here");
            }
            return release;
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException("'" + text + "' is not a version such as 4.18.3");
        }
    }
}

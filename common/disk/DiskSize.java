package common.disk;

//SOURCES ../cli/Cli.java

import java.math.BigDecimal;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A size as people write it: 100GiB is 100 x 1024^3 bytes, 100GB 100 x 1000^3. */
public final class DiskSize implements ITypeConverter<Long> {
    @Override
    public Long convert(String text) {
        if (!text.matches("\\d{1,9}(\\.\\d+)?[MGT]i?B")) {
            throw new TypeConversionException("'" + text + "' is not a size such as 100GiB, 1.5TB or 500MiB");
        }
        int power = "MGT".indexOf(text.replaceAll("[\\d.iB]", "")) + 2;
        BigDecimal bytes = new BigDecimal(text.replaceAll("[^\\d.]", ""))
                .multiply(BigDecimal.valueOf(text.contains("i") ? 1024 : 1000).pow(power));
        if (bytes.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
            throw new TypeConversionException("'" + text + "' is larger than any disk");
        }
        return bytes.longValue();
    }
}

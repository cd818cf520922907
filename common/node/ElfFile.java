package common.node;

//SOURCES ../cli/Cli.java

import java.io.IOException;
import java.lang.module.ModuleDescriptor.Version;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

import common.cli.Cli;

/**
 * What a 64-bit ELF program or library asks of the system that runs it.
 *
 * @param libraries names of the libraries that the dynamic linker must find (DT_NEEDED)
 * @param glibc the highest version of glibc whose symbols it uses; null: none
 */
public record ElfFile(List<String> libraries, Version glibc) {
    private static final int MAGIC = 0x464c457f; // 0x7f E L F, little end first
    private static final int DYNAMIC = 6; // SHT_DYNAMIC (ELF-64 object file format)
    private static final int VERSIONS_NEEDED = 0x6ffffffe; // SHT_GNU_verneed (LSB core, symbol versioning)
    private static final int NEEDED = 1; // DT_NEEDED

    /** Reads headers and the two sections; empty when it is no ELF file, as a script or an archive. */
    public static Optional<ElfFile> read(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file)) {
            if (channel.size() < 64) {
                return Optional.empty();
            }
            ByteBuffer elf = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
            boolean is64 = elf.order(ByteOrder.LITTLE_ENDIAN).getInt(0) == MAGIC && elf.get(4) == 2;
            if (!is64) {
                return Optional.empty();
            }
            elf.order(elf.get(5) == 2 ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
            return Optional.of(parse(elf));
        } catch (IndexOutOfBoundsException | BufferUnderflowException | IllegalArgumentException e) {
            throw new Cli.Failure(file + ": a damaged ELF file");
        }
    }

    private static ElfFile parse(ByteBuffer elf) {
        List<String> libraries = new ArrayList<>();
        Version glibc = null;
        int sections = Math.toIntExact(elf.getLong(0x28));
        int size = elf.getShort(0x3a);
        for (int i = 0; i < elf.getShort(0x3c); i++) {
            int section = sections + i * size;
            int type = elf.getInt(section + 4);
            int offset = Math.toIntExact(elf.getLong(section + 0x18));
            int length = Math.toIntExact(elf.getLong(section + 0x20));
            int strings = Math.toIntExact(elf.getLong(sections + elf.getInt(section + 0x28) * size + 0x18));
            if (type == DYNAMIC) {
                for (int at = offset; at < offset + length; at += 16) {
                    if (elf.getLong(at) == NEEDED) {
                        libraries.add(text(elf, strings + Math.toIntExact(elf.getLong(at + 8))));
                    }
                }
            } else if (type == VERSIONS_NEEDED) {
                glibc = versions(elf, offset, elf.getInt(section + 0x2c), strings);
            }
        }
        return new ElfFile(List.copyOf(libraries), glibc);
    }

    /** The section has an entry for each library, and that a chain of versions. */
    private static Version versions(ByteBuffer elf, int section, int entries, int strings) {
        Version highest = null;
        for (int i = 0, entry = section; i < entries; i++, entry += elf.getInt(entry + 12)) {
            for (int j = 0, version = entry + elf.getInt(entry + 8); j < elf.getShort(entry + 2); j++) {
                String name = text(elf, strings + elf.getInt(version + 8));
                if (name.matches("GLIBC_[0-9.]+")) { // the others: GLIBC_PRIVATE, GCC_3.0, GLIBCXX_3.4
                    highest = higher(highest, Version.parse(name.substring("GLIBC_".length())));
                }
                version += elf.getInt(version + 12);
            }
        }
        return highest;
    }

    /** The higher one; either may be null. */
    static Version higher(Version a, Version b) {
        return a == null || b != null && b.compareTo(a) > 0 ? b : a;
    }

    private static String text(ByteBuffer elf, int offset) {
        int end = offset;
        while (elf.get(end) != 0) {
            end++;
        }
        byte[] bytes = new byte[end - offset];
        elf.get(offset, bytes);
        return new String(bytes, StandardCharsets.US_ASCII);
    }
}

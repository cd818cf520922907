//SOURCES ../common/cli/Cli.java
//SOURCES ../lab/HostPackages.java

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import common.cli.Cli;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("launcher")
@DisplayName("Installing what is missing")
class HostPackagesTest {
    private static final Path POLICY = Path.of("/usr/sbin/policy-rc.d");

    @Test
    @DisplayName("does nothing when all is there")
    void nothingMissing() {
        assertDoesNotThrow(() -> HostPackages.install(List.of("sh", "mount"), true));
    }

    @Test
    @DisplayName("fails with the package manager's reason and leaves servers free to start, when there is no such package")
    void noSuchPackage() {
        boolean before = Files.exists(POLICY);
        Cli.Failure failure = assertThrows(Cli.Failure.class,
                () -> HostPackages.install(List.of("no-such-program"), true));
        assertTrue(failure.getMessage().contains("no-such-program"), failure.getMessage());
        assertEquals(before, Files.exists(POLICY));
    }
}

//SOURCES ../common/release/ReleaseModel.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;

import common.release.ReleaseModel;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("what differs between releases:")
class ReleaseModelTest {
    @ParameterizedTest(name = "{0} has {1} and {2}, CRI-O {3}, kernel {4}")
    @CsvSource(delimiter = '|', textBlock = """
            4.10.3      | machine-os-content               |                                    | 1.23 | 4.18
            4.12.0-rc.1 | machine-os-content,rhel-coreos-8 | rhel-coreos-8-extensions           | 1.25 | 4.18
            4.16.0      | rhel-coreos                      | rhel-coreos-extensions             | 1.29 | 5.14
            4.18.3      | rhel-coreos                      | rhel-coreos-extensions             | 1.31 | 5.14
            4.21.0      | rhel-coreos,rhel-coreos-10       | rhel-coreos-extensions,rhel-coreos-10-extensions | 1.34 | 5.14
            """)
    void model(String version, String system, String extensions, String crio, String kernel) {
        ReleaseModel model = ReleaseModel.of(version);
        assertEquals(system, String.join(",", model.operatingSystem()));
        assertEquals(extensions == null ? "" : extensions, String.join(",", model.extensions()));
        assertEquals(crio, model.crio());
        assertEquals(kernel, model.kernel());
    }

    @Test
    @DisplayName("5.0 follows 4.22")
    void five() {
        assertEquals(ReleaseModel.of("4.23.0"), ReleaseModel.of("5.0.0"));
    }

    @Test
    @DisplayName("a store of zstd mounts from 4.13 on")
    void mountsZstd() {
        assertFalse(ReleaseModel.mountsZstd("4.12.99"));
        assertTrue(ReleaseModel.mountsZstd("4.13.0-rc.1"));
        assertTrue(ReleaseModel.mountsZstd("5.0.0"));
        assertFalse(ReleaseModel.mountsZstd("nightly"));
    }

    @Test
    @DisplayName("up to 4.12 the discovery stage takes what it always took")
    void discovery() {
        assertEquals(List.of(), ReleaseModel.of("4.12.9").discoveryIfThere());
        assertFalse(ReleaseModel.of("4.13.0").discoveryIfThere().isEmpty());
    }
}

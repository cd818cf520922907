//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Steps.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.time.Duration;
import java.time.Instant;

import common.cli.Cli;
import common.cli.Steps;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A question to the operator")
class StepsTest {
    private final InputStream terminal = System.in;

    @AfterEach
    void restore() {
        System.setIn(terminal);
    }

    @Test
    @DisplayName("is answered by a line; stdin that has ended is no answer")
    void answered() throws IOException {
        System.setIn(new ByteArrayInputStream("yes \n".getBytes()));
        assertEquals("yes", new Steps(true).ask("?"));
        assertThrows(Cli.Failure.class, () -> new Steps(true).ask("?"));
    }

    @Test
    @DisplayName("is given up at once on Ctrl-C, though nobody presses Enter")
    void interrupted() throws IOException, InterruptedException {
        try (PipedOutputStream nobody = new PipedOutputStream()) {
            System.setIn(new PipedInputStream(nobody));
            int[] exit = {0};
            Thread script = new Thread(() -> exit[0] = assertThrows(Cli.Failure.class, () -> new Steps(true).ask("?")).exitCode);
            script.start();
            Thread.sleep(200);
            Instant pressed = Instant.now();
            script.interrupt();
            script.join(10_000);
            assertFalse(script.isAlive());
            assertEquals(Cli.INTERRUPTED, exit[0]);
            assertFalse(Duration.between(pressed, Instant.now()).toSeconds() > 5);
        }
    }
}

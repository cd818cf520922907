package common.cli;

//DEPS me.tongfei:progressbar:0.10.1

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * How far a long task is, on stderr: a bar when a person watches, else only the lines that the script prints. Safe for
 * use from several threads.
 */
public interface Progress extends AutoCloseable {
    /** Counts bytes; a negative number when some must be fetched again. */
    void advance(long bytes);

    /** Prints one line of text above the bar. */
    void line(String text);

    @Override
    void close();

    /** {@code totalBytes} is what {@link #advance} is expected to sum up to. */
    static Progress start(String task, long totalBytes) {
        return onTerminal() ? new Bar(task, totalBytes) : new Log();
    }

    /**
     * Whether stderr is a terminal. {@code System.console()} asks for stdin and stdout, and not every JDK answers the
     * same; the progress bar library does not ask at all and fills log files with bars.
     */
    static boolean onTerminal() {
        return onTerminal(2);
    }

    /** The same of another file descriptor: 0 stdin, 1 stdout. */
    static boolean onTerminal(int fd) {
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd)).toString()
                    .matches("/dev/(pts/|tty|console).*");
        } catch (IOException e) {
            return false;
        }
    }

    /** For a log: the lines alone. */
    final class Log implements Progress {
        @Override
        public void advance(long bytes) {
            // a log shows whole files only
        }

        @Override
        public void line(String text) {
            System.err.println(text);
        }

        @Override
        public void close() {
            // nothing is open
        }
    }

    /** For a person. The library's classes are loaded only when this one is: they cost start time. */
    final class Bar implements Progress {
        private static final int COLUMNS = 79; // asking the terminal takes a library of its own and 0.2 s
        private final ProgressBar bar;

        Bar(String task, long totalBytes) {
            bar = new ProgressBarBuilder().setTaskName(task).setInitialMax(totalBytes).setUnit(" MiB", 1 << 20)
                    .showSpeed().setStyle(ProgressBarStyle.ASCII).setUpdateIntervalMillis(250)
                    .setConsumer(new ConsoleProgressBarConsumer(System.err, COLUMNS)).build();
        }

        @Override
        public void advance(long bytes) {
            bar.stepBy(bytes);
        }

        @Override
        public void line(String text) {
            synchronized (System.err) { // the bar's own thread prints under the same lock
                System.err.print("\r\033[K" + text + System.lineSeparator());
            }
            bar.refresh();
        }

        @Override
        public void close() {
            bar.close();
        }
    }
}

package common.cli;

//DEPS me.tongfei:progressbar:0.10.1
//SOURCES ProgressOption.java
//SOURCES ProgressReport.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.LongSupplier;

import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * How far a long task is, on stderr, in the style that {@link ProgressOption} has. Safe for use from several threads.
 */
public interface Progress extends AutoCloseable {
    /** How often a log has a line, and a program a document. */
    Duration LINES = Duration.ofSeconds(30);
    Duration DOCUMENTS = Duration.ofSeconds(1);

    /** Counts bytes; a negative number when some must be fetched again. */
    void advance(long bytes);

    /** A file, image or disk is worked on; {@link #end} or {@link #failed} follows. */
    default void begin(String file) {
    }

    /** It is done. */
    default void end(String file) {
    }

    default void failed(String file, String why) {
    }

    /** Prints one line of text, above the bar where there is one. */
    void line(String text);

    @Override
    void close();

    /** {@code totalBytes} is what {@link #advance} is expected to sum up to; -1 when nobody knows. */
    static Progress start(String task, long totalBytes) {
        return start(task, 0, totalBytes);
    }

    /** The same where {@link #end} counts, too; {@code totalFiles}: 0 when it does not. */
    static Progress start(String task, int totalFiles, long totalBytes) {
        return switch (ProgressOption.style()) {
            case NONE -> new None();
            case JSON -> new Log(new ProgressReport(task, totalFiles, totalBytes, System::nanoTime), true, DOCUMENTS);
            case AUTO -> onTerminal() ? new Bar(task, totalFiles, totalBytes)
                    : new Log(new ProgressReport(task, totalFiles, totalBytes, System::nanoTime), false, LINES);
            case LINE -> new Log(new ProgressReport(task, totalFiles, totalBytes, System::nanoTime), false, LINES);
        };
    }

    /** Of what another program does: {@code bytesDone} is asked every second, on a thread of its own. */
    static Progress start(String task, long totalBytes, LongSupplier bytesDone) {
        Progress told = start(task, totalBytes);
        Thread asking = new Thread(() -> {
            try {
                for (long before = 0;;) {
                    long now = Math.max(before, bytesDone.getAsLong());
                    told.advance(now - before);
                    before = now;
                    Thread.sleep(1000);
                }
            } catch (InterruptedException closed) {
                Thread.currentThread().interrupt();
            }
        }, "bytes of " + task);
        asking.setDaemon(true);
        asking.start();
        return new Progress() {
            @Override
            public void advance(long bytes) {
                told.advance(bytes);
            }

            @Override
            public void line(String text) {
                told.line(text);
            }

            @Override
            public void close() {
                asking.interrupt();
                told.close();
            }
        };
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

    /** Says nothing. */
    final class None implements Progress {
        @Override
        public void advance(long bytes) {
            // nobody asks
        }

        @Override
        public void line(String text) {
            // nobody asks
        }

        @Override
        public void close() {
            // nothing is open
        }
    }

    /** For a log or a program: a line or a document again and again, whether anything moves or not. */
    final class Log implements Progress {
        private final ProgressReport report;
        private final boolean json;
        private final Thread teller;

        public Log(ProgressReport report, boolean json, Duration every) {
            this.report = report;
            this.json = json;
            teller = new Thread(() -> tell(every), "progress");
            teller.setDaemon(true);
            if (json) {
                System.err.println(report.status());
            }
            teller.start();
        }

        private void tell(Duration every) {
            try {
                while (true) {
                    Thread.sleep(every.toMillis());
                    System.err.println(json ? report.status() : report.text());
                }
            } catch (InterruptedException closed) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void advance(long bytes) {
            report.advance(bytes);
        }

        @Override
        public void begin(String file) {
            report.begin(file);
        }

        @Override
        public void end(String file) {
            report.end(file);
        }

        @Override
        public void failed(String file, String why) {
            String document = report.failed(file, why);
            if (json) {
                System.err.println(document);
            }
        }

        @Override
        public void line(String text) {
            if (!json) { // a program counts files_done
                System.err.println(text);
            }
        }

        @Override
        public void close() {
            teller.interrupt();
            if (json) {
                System.err.println(report.status());
                System.err.println(report.summary());
            }
        }
    }

    /** For a person. The library's classes are loaded only when this one is: they cost start time. */
    final class Bar implements Progress {
        private static final int COLUMNS = 79; // asking the terminal takes a library of its own and 0.2 s
        private final ProgressBar bar;
        private final boolean files;

        Bar(String task, int totalFiles, long totalBytes) {
            files = totalBytes < 0 && totalFiles > 0;
            bar = new ProgressBarBuilder().setTaskName(task).setInitialMax(files ? totalFiles : totalBytes)
                    .setUnit(files ? "" : " MiB", files ? 1 : 1 << 20).showSpeed()
                    .setStyle(ProgressBarStyle.ASCII).setUpdateIntervalMillis(250)
                    .setConsumer(new ConsoleProgressBarConsumer(System.err, COLUMNS)).build();
        }

        @Override
        public void advance(long bytes) {
            bar.stepBy(files ? 0 : bytes);
        }

        @Override
        public void end(String file) {
            bar.stepBy(files ? 1 : 0);
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

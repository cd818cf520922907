package common.cli;

//SOURCES Json.java

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.LongSupplier;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * How far a long task is, in words and as JSON documents with the names that restic gives the fields
 * (https://restic.readthedocs.io/en/stable/075_scripting.html). Safe for use from several threads.
 */
public final class ProgressReport {
    private final String task;
    private final int totalFiles;
    private final long totalBytes;
    private final LongSupplier nanos;
    private final long begun;
    private final Set<String> current = new LinkedHashSet<>();
    private long bytes;
    private int files;
    private int errors;

    /** See {@link Progress#start(String, int, long)}; {@code nanos}: the time, as {@link System#nanoTime}. */
    public ProgressReport(String task, int totalFiles, long totalBytes, LongSupplier nanos) {
        this.task = task;
        this.totalFiles = totalFiles;
        this.totalBytes = totalBytes;
        this.nanos = nanos;
        this.begun = nanos.getAsLong();
    }

    public synchronized void advance(long more) {
        bytes += more;
    }

    public synchronized void begin(String file) {
        current.add(file);
    }

    public synchronized void end(String file) {
        current.remove(file);
        files++;
    }

    /** The document about it. */
    public synchronized String failed(String file, String why) {
        current.remove(file);
        errors++;
        ObjectNode document = Json.object().put("message_type", "error");
        document.putObject("error").put("message", why);
        return document.put("during", task).put("item", file).toString();
    }

    /** Done of the total, rate, time left, and what is under way, as far as each is known. */
    public synchronized String text() {
        double seconds = seconds();
        List<String> words = new ArrayList<>();
        if (totalFiles > 0) {
            words.add(files + " of " + totalFiles);
        }
        if (bytes > 0 || totalBytes > 0) {
            words.add(String.format(Locale.ROOT, totalBytes > 0 ? "%.1f of %.1f MB (%.0f %%)" : "%.1f MB", bytes / 1e6,
                    totalBytes / 1e6, 100 * share()));
            words.add(String.format(Locale.ROOT, "%.1f MB/s", bytes / 1e6 / Math.max(seconds, 0.001)));
        }
        words.add(time(seconds) + " so far");
        if (secondsLeft() >= 0) {
            words.add("about " + time(secondsLeft()) + " left");
        }
        current.stream().limit(1).forEach(file -> words.add(file
                + (current.size() > 1 ? " and " + (current.size() - 1) + " more" : "")));
        return task + ": " + String.join(", ", words);
    }

    private static String time(double seconds) {
        long whole = Math.round(seconds);
        return whole < 60 ? whole + " s" : whole < 3600 ? whole / 60 + " min " + whole % 60 + " s"
                : whole / 3600 + " h " + whole % 3600 / 60 + " min";
    }

    public synchronized String status() {
        ObjectNode status = Json.object().put("message_type", "status").put("seconds_elapsed", Math.round(seconds()));
        if (secondsLeft() >= 0) {
            status.put("seconds_remaining", Math.round(secondsLeft()));
        }
        status.put("percent_done", share());
        if (totalFiles > 0) {
            status.put("total_files", totalFiles).put("files_done", files);
        }
        if (totalBytes > 0) {
            status.put("total_bytes", totalBytes);
        }
        status.put("bytes_done", bytes).put("error_count", errors);
        status.putArray("current_files");
        current.forEach(status.withArray("current_files")::add);
        return status.toString();
    }

    /** The last document. */
    public synchronized String summary() {
        return Json.object().put("message_type", "summary").put("total_files_processed", files)
                .put("total_bytes_processed", bytes).put("total_duration", seconds()).put("error_count", errors).toString();
    }

    private double seconds() {
        return (nanos.getAsLong() - begun) / 1e9;
    }

    /** What part is done, 0 to 1: of the bytes, or where these are not known of the files. */
    private double share() {
        double share = totalBytes > 0 ? (double) bytes / totalBytes : totalFiles > 0 ? (double) files / totalFiles : 0;
        return Math.max(0, Math.min(1, share));
    }

    /** At the rate so far; -1 when that is not known. */
    private double secondsLeft() {
        return share() == 0 ? -1 : seconds() * (1 - share()) / share();
    }
}

package common.cli;

//SOURCES Cli.java

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * Several pieces of the same work at once: one that fails does not stop the others, but a failure of our own disk or an
 * interrupt stops all.
 */
public final class Parallel {
    private Parallel() {
    }

    /** The work on one item, on a thread of its own. */
    public interface Work<T, R> {
        R on(T item) throws IOException;
    }

    /** What becomes of a result or of a failure, one at a time on the caller's thread. */
    public interface Then<T, R> {
        void accept(T item, R result) throws IOException;
    }

    private record Outcome<T, R>(T item, R result, Exception error) {
    }

    /**
     * Works on all items, {@code jobs} at a time, begun in the order given. Throws {@link FileSystemException} when
     * our own disk failed and {@link Cli.Failure} with {@link Cli#INTERRUPTED} on an interrupt; any other exception of
     * one item is given to {@code failed}, an {@link UncheckedIOException} as its cause. An {@link Error} ends all.
     */
    public static <T, R> void run(int jobs, List<T> items, Work<T, R> work, Then<T, R> done, Then<T, Exception> failed)
            throws IOException {
        ExecutorService threads = Executors.newFixedThreadPool(jobs, r -> {
            Thread thread = new Thread(r);
            thread.setDaemon(true);
            return thread;
        });
        try {
            ExecutorCompletionService<Outcome<T, R>> outcomes = new ExecutorCompletionService<>(threads);
            items.forEach(item -> outcomes.submit(() -> attempt(item, work)));
            for (int i = 0; i < items.size(); i++) {
                Outcome<T, R> outcome = outcomes.take().get();
                if (outcome.error == null) {
                    done.accept(outcome.item, outcome.result);
                } else if (outcome.error instanceof FileSystemException e) {
                    throw e;
                } else {
                    failed.accept(outcome.item, outcome.error);
                }
            }
        } catch (InterruptedException | InterruptedIOException e) {
            throw new Cli.Failure(Cli.INTERRUPTED, "interrupted", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause().toString(), e.getCause()); // an Error: no memory, say
        } finally {
            threads.shutdownNow();
            awaitEnd(threads);
        }
    }

    /** Our caller may release what guards the files: nobody writes them any more. Who hangs in the network does not. */
    private static void awaitEnd(ExecutorService threads) {
        try {
            threads.awaitTermination(2, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The result of something begun before; what it threw is thrown here. */
    public static <T> T join(CompletableFuture<T> begun) {
        try {
            return begun.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    private static <T, R> Outcome<T, R> attempt(T item, Work<T, R> work) {
        try {
            return new Outcome<>(item, work.on(item), null);
        } catch (UncheckedIOException e) {
            return new Outcome<>(item, null, e.getCause());
        } catch (IOException | RuntimeException e) {
            return new Outcome<>(item, null, e);
        }
    }
}

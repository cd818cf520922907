package common.assisted;

//SOURCES ../cli/Cli.java
//SOURCES ../http/Retry.java
//SOURCES ../http/Time.java
//SOURCES AssistedConnection.java
//SOURCES AssistedError.java

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

import common.cli.Cli;
import common.http.Retry;
import common.http.Time;

/**
 * A change in the service that is made once, however often its answer gets lost: what is there is looked up, the change
 * is sent, and when nobody answered, or a proxy did, it is looked up again before it is sent again. For five minutes.
 */
final class OnceOnly {
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    /** What was sent and not answered may still be under way. */
    private static final Duration SETTLES = Duration.ofSeconds(2);

    private final Time time;

    OnceOnly(Time time) {
        this.time = time;
    }

    /** What the change would bring about, if it is there. */
    interface Look<T> {
        Optional<T> at() throws IOException;
    }

    /** Sends the change; returns what came of it. */
    interface Change<T> {
        T send() throws IOException;
    }

    /** What is there now, and whether it is so by a change of ours. */
    record Made<T>(T result, boolean isOurs) {
    }

    <T> Made<T> make(Look<T> look, Change<T> change) throws IOException {
        Retry retry = Retry.within(PATIENCE, time);
        for (int tried = 1;; tried++) {
            Optional<T> found = look.at();
            if (found.isPresent()) {
                return new Made<>(found.get(), tried > 1);
            }
            try {
                return new Made<>(change.send(), true);
            } catch (AssistedConnection.Unanswered e) {
                if (!retry.again(SETTLES)) {
                    throw e;
                }
                warn(tried, e.getMessage());
            } catch (AssistedError e) {
                if (!e.passes(tried) || !retry.again(SETTLES)) {
                    throw e;
                }
                warn(tried, e.getMessage());
            }
        }
    }

    private static void warn(int tried, String fault) {
        if (tried == 1) {
            Cli.warn(fault.replaceFirst(";.*", "") + "; looking whether it was done, and trying again for "
                    + Time.words(PATIENCE));
        }
    }
}

package common.cli;

import picocli.CommandLine.Option;

/** {@code --dry-run}: say what would be done, change nothing (picocli mixin). */
public final class DryRunOption {
    @Option(names = "--dry-run", description = "Print what would be done, and do nothing.")
    private boolean on;

    public boolean isOn() {
        return on;
    }
}

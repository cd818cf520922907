/**
 * What every script starts with: options and exit codes, running programs, files that are whole or not there,
 * progress and parallel work. Start with {@link common.cli.Cli}, which runs a script, and {@link common.cli.Proc},
 * which runs a program. It uses nothing of the other folders.
 */
package common.cli;

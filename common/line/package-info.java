/**
 * A server that stages itself on a factory's line: who it is, whether it is fit, what it reports. Start with
 * {@link common.line.StageReport} and {@link common.line.Preflight}. It is on the top floor: it may use every folder
 * but {@code catalog} and {@code offline}.
 */
package common.line;

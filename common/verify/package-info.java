/**
 * Whether a folder of artifacts is whole, to the last byte. Start with {@link common.verify.Verification}, what is
 * checked and in which order, and {@link common.verify.Findings}, what was found. It may use everything but {@code
 * staging}, {@code release}, {@code catalog} and {@code offline}.
 */
package common.verify;

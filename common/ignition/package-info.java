/**
 * Ignition configs and what carries them to a node. Start with {@link common.ignition.IgnitionFiles}, which renders
 * the units, and {@link common.ignition.SiteConfig}, which merges them into a site's file. It may use {@code cli},
 * {@code oci} and {@code disk}.
 */
package common.ignition;

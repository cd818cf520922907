/**
 * The registry on the node: {@link common.distribution.StagedImages}, what a staged folder holds, {@link
 * common.distribution.PullApi}, what it answers, and the configuration that sends clients to it. It may use {@code cli},
 * {@code oci}, {@code disk}, {@code http}, {@code inventory} and {@code ignition}.
 */
package common.distribution;

/**
 * The bundle that brings Java and the on-node scripts to a node that has neither. Start with {@link
 * common.node.NodeBundle}, which makes it, and {@link common.node.NodeTar}, which packs and unpacks it. It may use
 * {@code cli}, {@code oci}, {@code disk}, {@code http}, {@code inventory} and {@code ignition}.
 */
package common.node;

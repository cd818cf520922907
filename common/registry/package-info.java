/**
 * Pulling from registries: mirrors, credentials, manifests, blobs. Start with {@link common.registry.Puller}, what a
 * pull does, and {@link common.registry.Registry}, one conversation with one registry. It may use {@code cli}, {@code
 * oci}, {@code disk}, {@code http}, {@code inventory} and {@code ignition}.
 */
package common.registry;

/**
 * Images in containers-storage: loading them from a layout, and packing them into an additional image store. Start
 * with {@link common.storage.Loader} and {@link common.storage.PackedStore}. It may use {@code cli}, {@code oci},
 * {@code disk}, {@code http}, {@code inventory} and {@code ignition}.
 */
package common.storage;

/**
 * The record of everything in a folder of artifacts: {@link common.inventory.Inventory}, written last, its signature,
 * and {@link common.inventory.ArtifactTree}, what a folder or partition really holds. It may use {@code cli}, {@code
 * oci} and {@code disk}.
 */
package common.inventory;

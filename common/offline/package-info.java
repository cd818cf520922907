/**
 * Staging a disk or an image file without a VM, and copying it. Start with {@link common.offline.OfflineStaging} and
 * {@link common.offline.DiskCopies}. It is on the top floor: it may use every folder but {@code catalog}.
 */
package common.offline;

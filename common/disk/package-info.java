/**
 * Block devices: which disk is meant, what is on it, where a partition may go, and the commands that put it there. Start
 * with {@link common.disk.DiskHints}, which one, {@link common.disk.BlockDevice}, what is there, and {@link
 * common.disk.GptPlan}, what will be. It may use {@code cli}.
 */
package common.disk;

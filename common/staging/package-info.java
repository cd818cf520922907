/**
 * From an artifact server onto a data partition. Start with {@link common.staging.ServedRelease}, what the server has
 * of a release, and {@link common.staging.PartitionStager}, which brings it onto the partition. It may use everything
 * but {@code verify}, {@code release}, {@code catalog} and {@code offline}.
 */
package common.staging;

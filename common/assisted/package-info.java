/**
 * The Assisted Installer: its API, and the way of a cluster from registration to a kubeconfig. Start with {@link
 * common.assisted.AssistedInstaller}, the calls, and {@link common.assisted.ClusterInstallation}, their order. It may
 * use {@code cli}, {@code oci}, {@code disk}, {@code http}, {@code inventory} and {@code ignition}.
 */
package common.assisted;

/**
 * An OpenShift release: the images of its payload, its signature, the scripts for it. Start with {@link
 * common.release.ReleaseImage} and {@link common.release.ReleaseSignature}. It may use everything but {@code
 * staging}, {@code verify}, {@code catalog} and {@code offline}.
 */
package common.release;

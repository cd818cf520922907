/**
 * Images as the OCI image specification has them: digests, descriptors, manifests, the image layout with shared
 * blobs, and the lists and tarballs that name images. Start with {@link common.oci.OciLayout} and {@link
 * common.oci.Manifest}. It may use {@code cli}.
 */
package common.oci;

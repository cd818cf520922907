/**
 * HTTP as a client: one configured connection pool, resumable downloads, directory listings, proxies. Start with
 * {@link common.http.Http} and {@link common.http.Download}. It may use {@code cli}, {@code oci} and {@code disk}.
 */
package common.http;

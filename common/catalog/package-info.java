/**
 * Operator catalogs, in SQLite and file-based, and the selection of images from them. Start with {@link
 * common.catalog.Catalog} and {@link common.catalog.OperatorImages}. It is on the top floor: it may use every folder
 * but {@code offline}.
 */
package common.catalog;

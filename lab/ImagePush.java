//SOURCES ../common/cli/Json.java
//SOURCES ../common/http/Http.java
//SOURCES ../common/oci/Digest.java
//SOURCES ../common/oci/Manifest.java
//SOURCES FileLayer.java

import java.io.IOException;
import java.util.List;

import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Json;
import common.oci.Digest;
import common.oci.Manifest;
import okhttp3.HttpUrl;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;

/** Pushes images to a registry on loopback, their manifests byte for byte as made here (distribution-spec, "Push"). */
final class ImagePush {
    private final OkHttpClient http = new OkHttpClient();
    private final HttpUrl registry;

    ImagePush(int port) {
        registry = HttpUrl.get("http://127.0.0.1:" + port);
    }

    /** An OCI image for linux/amd64 of these layers, lowest first; returns the digest of its manifest. */
    Digest push(String repository, String tag, List<FileLayer> layers) throws IOException {
        ObjectNode config = Json.object().put("architecture", "amd64").put("os", "linux");
        config.putObject("config").putObject("Labels").put("image", repository + ":" + tag); // a config of its own
        ObjectNode rootfs = config.putObject("rootfs").put("type", "layers");
        rootfs.putArray("diff_ids");
        ObjectNode manifest = Json.object().put("schemaVersion", 2).put("mediaType", Manifest.OCI);
        ObjectNode configDescriptor = manifest.putObject("config")
                .put("mediaType", "application/vnd.oci.image.config.v1+json");
        manifest.putArray("layers");
        for (FileLayer layer : layers) {
            blob(repository, layer.bytes());
            rootfs.withArray("diff_ids").add(layer.diffId().toString());
            manifest.withArray("layers").addObject().put("mediaType", layer.mediaType())
                    .put("digest", layer.digest().toString()).put("size", layer.bytes().length);
        }
        byte[] configBytes = Json.pretty(config);
        blob(repository, configBytes);
        configDescriptor.put("digest", Digest.of(configBytes).toString()).put("size", configBytes.length);
        byte[] bytes = Json.pretty(manifest);
        HttpUrl manifests = registry.newBuilder().addPathSegments("v2/" + repository + "/manifests/" + tag).build();
        put(manifests, bytes, Manifest.OCI);
        return Digest.of(bytes);
    }

    private void blob(String repository, byte[] bytes) throws IOException {
        String digest = Digest.of(bytes).toString();
        HttpUrl blobs = registry.newBuilder().addPathSegments("v2/" + repository + "/blobs/").build();
        Request isThere = new Request.Builder().url(blobs.resolve("./" + digest)).head().build();
        try (Response there = http.newCall(isThere).execute()) {
            if (there.isSuccessful()) {
                return;
            }
        }
        Request start = new Request.Builder().url(blobs.resolve("uploads/")).post(RequestBody.create(new byte[0]))
                .build();
        try (Response upload = http.newCall(start).execute()) {
            HttpUrl location = start.url().resolve(upload.header("Location", ""));
            put(location.newBuilder().addQueryParameter("digest", digest).build(), bytes, "application/octet-stream");
        }
    }

    private void put(HttpUrl url, byte[] bytes, String mediaType) throws IOException {
        RequestBody body = RequestBody.create(bytes, MediaType.get(mediaType));
        try (Response response = http.newCall(new Request.Builder().url(url).put(body).build()).execute()) {
            if (response.code() != 201) {
                throw new IOException("PUT " + url + ": " + response.code() + " " + response.body().string());
            }
        }
    }
}

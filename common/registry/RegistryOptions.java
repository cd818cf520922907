package common.registry;

//SOURCES ../cli/Json.java
//SOURCES ../http/CertDirOption.java
//SOURCES ../http/Http.java
//SOURCES ../oci/RegistriesConf.java
//SOURCES Credentials.java
//SOURCES Registry.java

import java.nio.file.Path;

import common.http.CertDirOption;
import common.http.Http;
import common.oci.RegistriesConf;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How to reach the registries: the options that every script which asks them has (picocli mixin). */
public final class RegistryOptions {
    @Option(names = "--authfile", paramLabel = "FILE",
            description = "Pull secret (default: PULL_SECRET_PATH, REGISTRY_AUTH_FILE, then where podman looks).")
    private Path authfile;

    @Option(names = "--registries-conf", paramLabel = "FILE",
            description = "Mirrors and insecure registries (default: /etc/containers/registries.conf).")
    private Path registriesConf;

    @Mixin
    private CertDirOption certificates = new CertDirOption();

    public Http http() {
        return new Http(certificates.dir(), true);
    }

    public Registry registry() {
        return new Registry(http(), Credentials.read(authfile));
    }

    public RegistriesConf conf() {
        return RegistriesConf.read(registriesConf);
    }
}

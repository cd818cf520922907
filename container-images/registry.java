///usr/bin/env LC_ALL=C.UTF-8 jbang "$0" "$@" ; exit $?
//JAVA 17+
//SOURCES ../common/cli/Json.java
//SOURCES ../common/cli/AtomicFile.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/distribution/AccessLog.java
//SOURCES ../common/distribution/ListenAddress.java
//SOURCES ../common/distribution/Mirrors.java
//SOURCES ../common/distribution/PullApi.java
//SOURCES ../common/distribution/RegistryServer.java
//SOURCES ../common/distribution/StagedImages.java
//SOURCES ../common/oci/DiskNames.java
//SOURCES ../common/oci/RegistriesConf.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import common.cli.AtomicFile;
import common.cli.Cli;
import common.distribution.AccessLog;
import common.distribution.ListenAddress;
import common.distribution.Mirrors;
import common.distribution.PullApi;
import common.distribution.RegistryServer;
import common.distribution.StagedImages;
import common.oci.DiskNames;
import common.oci.RegistriesConf;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "registry", description = "A read-only container registry, straight from a staged folder: podman, CRI-O, "
        + "skopeo and rpm-ostree pull from it with no network. Serves until Ctrl-C. A repository's name has its host "
        + "first, quay.io/org/name; a port in it is HOST_PORT.",
        footer = {"", "Examples, a disk in the hand, and a node that asks it before any other registry:",
            "  jbang registry.java /var/mnt",
            "  podman pull --tls-verify=false 127.0.0.1:22700/quay.io/openshift-release-dev/ocp-release:4.10.3-x86_64",
            "  jbang registry.java /var/mnt --mirrors /etc/containers/registries.conf.d/90-precache.conf"})
class ServeImages extends Cli.Service {
    @Parameters(paramLabel = "FOLDER", description = "container-images, or where the data partition is mounted.")
    Path folder;

    @Option(names = "--listen", paramLabel = "ADDRESS:PORT", defaultValue = "127.0.0.1:22700",
            description = "Where to listen, in plain HTTP and for everybody who gets there (default: ${DEFAULT-VALUE}). A "
                    + "socket that is the stdin, as systemd hands it over, comes before it.")
    String listen;

    @Option(names = "--mirrors", arity = "0..1", fallbackValue = "-", paramLabel = "FILE", description = "Serve nothing; "
            + "write the drop-in for registries.conf.d that makes this the first mirror of what FOLDER holds, or print it.")
    String mirrors;

    @Option(names = "--also", arity = "1..*", paramLabel = "REPOSITORY", description = "More names for the same images, "
            + "such as a site's registry has, or their beginnings: for --mirrors, and to be asked by tag; a digest is "
            + "answered under any name.")
    List<String> also = new ArrayList<>();

    @Option(names = "--registries-conf", paramLabel = "FILE", description = "With --mirrors: the site's own mirrors are in "
            + "it and in FILE.d, and are repeated behind this one (default: /etc/containers/registries.conf).")
    Path registriesConf = RegistriesConf.SYSTEM;

    @Option(names = "--store", paramLabel = "DIR", defaultValue = DiskNames.NODE_STORE, description = "Where this node "
            + "mounts its image store: an image without staged layers is answered while that lists it "
            + "(default: ${DEFAULT-VALUE}).")
    Path store;

    @Option(names = "--access-log", paramLabel = "FILE", description = "Append a line for each request.")
    Path accessLog;

    public static void main(String... args) {
        System.exit(Cli.run(new ServeImages(), args));
    }

    @Override
    public Integer call() throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new Cli.Failure("no folder " + folder + "; is the data partition mounted?");
        }
        ListenAddress address = ListenAddress.of(listen);
        StagedImages images = new StagedImages(folder, store, also);
        if (mirrors != null) {
            byte[] text = Mirrors.text(Mirrors.all(images.repositories(), also), address.toString(),
                    Mirrors.site(registriesConf));
            if (mirrors.equals("-")) {
                System.out.write(text);
                System.out.flush();
            } else {
                AtomicFile.write(Path.of(mirrors), text);
            }
            return Cli.DONE;
        }
        try (AccessLog log = accessLog == null ? null : AccessLog.to(accessLog);
                RegistryServer server = new RegistryServer(new PullApi(images), address.socket(), address.inherited(), log)) {
            System.out.println("serving on http://" + address.withPort(server.port()) + "/v2/");
            survey(images);
            server.await();
        }
        return Cli.DONE;
    }

    private void survey(StagedImages images) {
        StagedImages.Survey survey = images.survey();
        System.out.println(Cli.count(survey.images(), "image") + " in " + (images.repositories().size() == 1 ? "1 repository"
                : images.repositories().size() + " repositories")
                + (survey.incomplete() == 0 ? "" : "; " + survey.incomplete() + " of them cannot be served whole, since "
                + "layers are not staged: they are answered only while the image store at " + store + " has them"));
    }
}

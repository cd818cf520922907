///usr/bin/env LC_ALL=C.UTF-8 jbang "$0" "$@" ; exit $?
//JAVA 17+
//MAIN RunTests
//SOURCES ../common/cli/Json.java
//SOURCES ../lab/HostPackages.java
//SOURCES ../lab/VmRehearsal.java
//SOURCES Repository.java
//SOURCES TestLanes.java
//SOURCES TestReport.java
//SOURCES AddReleaseTest.java
//SOURCES ArrivedDiskTest.java
//SOURCES AssistedDayTwoTest.java
//SOURCES AssistedFaultTest.java
//SOURCES AssistedHostsTest.java
//SOURCES AssistedInputTest.java
//SOURCES AssistedInquiryTest.java
//SOURCES AssistedLinkTest.java
//SOURCES AssistedNodesTest.java
//SOURCES AssistedRerunTest.java
//SOURCES AssistedSiteTest.java
//SOURCES AssistedTrapsTest.java
//SOURCES AssistedTwinsTest.java
//SOURCES BuildStoreFaultTest.java
//SOURCES BuildStoreTest.java
//SOURCES CatalogMemoryTest.java
//SOURCES CatalogTest.java
//SOURCES CatalogYamlTest.java
//SOURCES CertDirTest.java
//SOURCES CorpusTest.java
//SOURCES CreateAiClusterTest.java
//SOURCES CreateGptPartitionTest.java
//SOURCES CreateVmBootTest.java
//SOURCES CreateVmFaultTest.java
//SOURCES CreateVmTest.java
//SOURCES CredentialsTest.java
//SOURCES CurlAllFaultTest.java
//SOURCES CurlAllModeTest.java
//SOURCES CurlAllResumeTest.java
//SOURCES CurlAllTest.java
//SOURCES DefaultLabelTest.java
//SOURCES DiscoveryIsoTest.java
//SOURCES DiskCopiesTest.java
//SOURCES DiskHintsTest.java
//SOURCES ExtractFaultTest.java
//SOURCES ExtractTest.java
//SOURCES FailureDocumentTest.java
//SOURCES GptRefusalsTest.java
//SOURCES HostPackagesTest.java
//SOURCES HostileServerTest.java
//SOURCES HostileTarballTest.java
//SOURCES IgnitionFilesTest.java
//SOURCES ImageSetConfigurationTest.java
//SOURCES InventorySignatureTest.java
//SOURCES InventoryTest.java
//SOURCES KcliPlanTest.java
//SOURCES LabTest.java
//SOURCES LauncherTest.java
//SOURCES LegacyTarballTest.java
//SOURCES LineKilledTest.java
//SOURCES LineTest.java
//SOURCES ListingTest.java
//SOURCES LoadableTest.java
//SOURCES LocaleTest.java
//SOURCES MalformedFilesTest.java
//SOURCES MirroredCatalogTest.java
//SOURCES MixedStoreTest.java
//SOURCES MountEntryTest.java
//SOURCES NoProxyTest.java
//SOURCES NodeBootTest.java
//SOURCES NodeBundleTest.java
//SOURCES NodeImageTest.java
//SOURCES NodeScriptsTest.java
//SOURCES NodeTarTest.java
//SOURCES OfflineStagingTest.java
//SOURCES OlmTest.java
//SOURCES OperatingSystemImageTest.java
//SOURCES ParseIndexTest.java
//SOURCES PartitionForNodesTest.java
//SOURCES PowerCutTest.java
//SOURCES PreCacheExamplesTest.java
//SOURCES PreCacheMainTest.java
//SOURCES PreCachePullTest.java
//SOURCES PrecacheDataTest.java
//SOURCES PrecacheMirrorsTest.java
//SOURCES PrecacheStoreTest.java
//SOURCES PreflightTest.java
//SOURCES ProgressTest.java
//SOURCES PullAccessTest.java
//SOURCES PullFaultTest.java
//SOURCES PullInterruptTest.java
//SOURCES PullListTest.java
//SOURCES PullNamesTest.java
//SOURCES PullNetworkTest.java
//SOURCES PullOptionsTest.java
//SOURCES PullRedirectTest.java
//SOURCES PullReferenceTest.java
//SOURCES PullTest.java
//SOURCES PullTlsTest.java
//SOURCES PullTokenTest.java
//SOURCES ReadmeInstallTest.java
//SOURCES RefreshTest.java
//SOURCES RegistriesConfPeerTest.java
//SOURCES RegistriesConfTest.java
//SOURCES RegistryClientsTest.java
//SOURCES RegistryFaultTest.java
//SOURCES RegistryGenerationTest.java
//SOURCES RegistryMirrorsTest.java
//SOURCES RegistryStoreTest.java
//SOURCES RegistryTest.java
//SOURCES ReleaseLayersTest.java
//SOURCES ReleaseModelTest.java
//SOURCES ReleaseOptionTest.java
//SOURCES ReleaseSignatureTest.java
//SOURCES ReleaseTest.java
//SOURCES RenderTest.java
//SOURCES RetryTest.java
//SOURCES RhcosImageTest.java
//SOURCES ScriptsTest.java
//SOURCES SharedBlobsTest.java
//SOURCES SiteConfigRefusalsTest.java
//SOURCES SiteConfigTest.java
//SOURCES SiteConsumersTest.java
//SOURCES SiteNodeTest.java
//SOURCES SourcesTest.java
//SOURCES StageNodeTest.java
//SOURCES StageServerTest.java
//SOURCES StepsTest.java
//SOURCES StoreOnSiteTest.java
//SOURCES TrialMountTest.java
//SOURCES UnitsTest.java
//SOURCES VerifyFaultTest.java
//SOURCES VerifyStoreTest.java
//SOURCES VerifyTest.java
//SOURCES VerifyTrustTest.java
//SOURCES VmRehearsalTest.java
//SOURCES WorkersTest.java
//SOURCES ../common/cli/Cli.java
//SOURCES ../common/cli/Packages.java
//DEPS org.junit.jupiter:junit-jupiter:5.14.4
//DEPS org.junit.platform:junit-platform-launcher:1.14.4

import static org.junit.platform.engine.discovery.ClassNameFilter.includeClassNamePatterns;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClasspathRoots;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectUniqueId;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.TestTag;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TagFilter;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

import common.cli.Cli;
import common.cli.Packages;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "run_tests",
        description = "Runs the tests, against real registries, web servers, disks and image stores.",
        footer = {"", "Example: ./jbang tests/run_tests.java --tag launcher --class Scripts"})
class RunTests extends Cli.Command {
    private static final List<String> PROGRAMS = List.of("skopeo", "podman", "runc", "docker-registry", "nginx",
            "htpasswd", "openssl", "gpg", "mkfs.xfs", "sfdisk", "partx", "losetup", "mount", "lsblk", "wipefs", "mvn",
            "unshare", "ignition-validate", "systemd-analyze", "systemd-escape", "setpriv", "script", "ps", "mksquashfs",
            "unsquashfs", "mkfs.ext4", "getcap", "qemu-system-x86_64", "qemu-img", "ssh", "virsh", "libvirtd",
            "readelf", "curl", "python3");
    /** What makes a Debian to run in, and UEFI for a guest, where Debian has it. */
    private static final List<String> ON_DEBIAN = List.of("mmdebstrap", "/usr/share/OVMF/OVMF_CODE_4M.fd");

    private static final TestTag VM = TestTag.create("vm");

    @Option(names = "--tag", arity = "1..*", paramLabel = "NAME", description = "Only tests with one of these tags.")
    private List<String> tags = List.of();

    @Option(names = "--without", arity = "1..*", paramLabel = "NAME",
            description = "No tests with one of these tags, such as vm: what boots virtual machines.")
    private List<String> without = List.of();

    @Option(names = "--class", paramLabel = "REGEX", defaultValue = "", description = "Only classes with such a name.")
    private String classes;

    @Option(names = "--yes", description = "Install missing packages without asking.")
    private boolean yes;

    public static void main(String... args) {
        System.exit(Cli.run(new RunTests(), args));
    }

    @Override
    public Integer call() throws Exception {
        HostPackages.install(PROGRAMS, yes);
        if (Packages.family() == Packages.Family.DEBIAN) {
            HostPackages.install(ON_DEBIAN, yes);
            HostPackages.install(without.contains("vm") ? List.of() : VmRehearsal.PROGRAMS, yes);
        }
        return run();
    }

    /** One class after the other, so that Ctrl-C ends the run after the clean-up of the class it meets; then those with VMs. */
    private int run() throws Exception {
        AtomicBoolean stopping = new AtomicBoolean();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stopping.set(true)));
        Path here = Path.of(RunTests.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        Launcher launcher = LauncherFactory.create();
        TestPlan plan = launcher.discover(select(selectClasspathRoots(Set.of(here))));
        TestReport report = new TestReport(System.out);
        List<TestIdentifier> all = plan.getRoots().stream().flatMap(e -> plan.getChildren(e).stream()).toList();
        List<TestIdentifier> elsewhere = all.size() == 1 ? List.of() : all.stream().filter(c -> c.getTags().contains(VM))
                .sorted(Comparator.comparing(c -> -plan.getDescendants(c).size())).toList();
        for (TestIdentifier testClass : all) {
            if (!stopping.get() && !elsewhere.contains(testClass)) {
                launcher.execute(select(List.of(selectUniqueId(testClass.getUniqueId()))), report);
            }
        }
        if (!stopping.get()) {
            new TestLanes(RunTests.class, elsewhere.stream().map(TestIdentifier::getLegacyReportingName).toList(), report)
                    .run();
        }
        return report.end() ? Cli.DONE : Cli.FAILED;
    }

    private LauncherDiscoveryRequest select(List<? extends DiscoverySelector> selectors) {
        var request = LauncherDiscoveryRequestBuilder.request().selectors(selectors)
                .filters(includeClassNamePatterns("(?=.*(?:" + classes + ")).*Test(\\$.*)?"));
        if (!tags.isEmpty()) {
            request.filters(TagFilter.includeTags(tags));
        }
        return (without.isEmpty() ? request : request.filters(TagFilter.excludeTags(without))).build();
    }
}

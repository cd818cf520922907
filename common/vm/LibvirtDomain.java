package common.vm;

//SOURCES ../cli/Json.java
//SOURCES ../cli/AtomicFile.java
//SOURCES ../cli/Cli.java
//SOURCES ../cli/Proc.java
//SOURCES ../oci/Digest.java
//SOURCES DiskImage.java
//SOURCES DomainXml.java
//SOURCES KcliPlan.java
//SOURCES QemuMachine.java
//SOURCES RhcosImage.java
//SOURCES UserNetwork.java
//SOURCES VirtualMachine.java
//SOURCES VmFolder.java

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.AtomicFile;
import common.cli.Cli;
import common.cli.Proc;
import common.oci.Digest;
import okhttp3.HttpUrl;

/**
 * A VM of libvirt, on this host or another one, by virsh. Disks, image and Ignition config are volumes of the plan's
 * storage pool, since files of this host mean nothing to another.
 */
public final class LibvirtDomain implements VirtualMachine {
    private static final String PORT = "ssh.port";

    protected final Spec order;
    private final String connect;

    public LibvirtDomain(Spec order, String connect) {
        this.order = order;
        this.connect = connect;
    }

    /** Whether a libvirt daemon is there, and lets us in. */
    public static boolean answers(String connect) {
        return Proc.find("virsh").isPresent() && version(connect).ok();
    }

    private static Proc.Result version(String connect) {
        return Proc.of("virsh", "--quiet", "--connect", connect, "version").timeout(Duration.ofSeconds(30)).run();
    }

    @Override
    public void checkHost() {
        Proc.need("virsh", "ssh", "ssh-keygen");
        Proc.Result version = version(connect);
        if (!version.ok()) {
            throw new Cli.Failure(Cli.MISSING, "libvirt at " + connect + " does not answer: " + version.reason()
                    + "; start it (systemctl start libvirtd), be root or in the group libvirt, or use --backend qemu");
        }
        List<String> networks = isUser() ? List.of() : order.plan().nets().stream().map(KcliPlan.Net::name).toList();
        present("net-list", "network", networks);
        present("pool-list", "storage pool", List.of(order.plan().pool()));
        if (!isUser() && order.artifacts().host().matches("127\\..*|localhost")) {
            throw new Cli.Failure(Cli.USAGE, "the VM cannot reach the artifact server at " + order.artifacts().host()
                    + ", which is this host's loopback; give its address on the VM's network with --artifacts");
        }
    }

    private void present(String list, String what, List<String> names) {
        List<String> there = virsh(list, "--name").check().lines().map(String::strip).filter(l -> !l.isEmpty())
                .toList();
        names.stream().filter(n -> !there.contains(n)).findFirst().ifPresent(n -> {
            throw new Cli.Failure(Cli.MISSING, "no active " + what + " " + n + " at " + connect + "; virsh " + list
                    + " shows: " + (there.isEmpty() ? "none" : String.join(", ", there)));
        });
    }

    @Override
    public State state() {
        Proc.Result state = virsh("domstate", name()).timeout(Duration.ofMinutes(1)).run(); // asked again and again
        if (!state.ok()) {
            return volumes().stream().anyMatch(ours()::contains) ? State.OFF : State.ABSENT;
        }
        return state.out().strip().matches("shut off|crashed") ? State.OFF : State.RUNNING;
    }

    @Override
    public void create(RhcosImage image) throws IOException {
        List<String> there = volumes();
        String base = volume(image);
        Path uploading = order.folder().file("uploading"); // libvirt cannot rename: half a volume has the whole name
        if (there.contains(base) && Files.exists(uploading)) {
            virsh("vol-delete", base, "--pool", pool()).check();
        }
        if (!there.contains(base) || Files.exists(uploading)) {
            Path file = image.file();
            AtomicFile.write(uploading, base.getBytes());
            upload(base, file, DiskImage.format(file));
            Files.delete(uploading);
        }
        for (int i = 0; i < order.plan().disks().size(); i++) {
            if (!there.contains(volume(i))) {
                virsh(diskCommand(i, base, format(image))).check();
            }
        }
        if (there.contains(configVolume())) {
            virsh("vol-delete", configVolume(), "--pool", pool()).check();
        }
        upload(configVolume(), order.config(), "raw");
        define();
    }

    private void define() throws IOException {
        ObjectNode document = order.folder().document().orElseThrow();
        String config = virsh("vol-path", configVolume(), "--pool", pool()).check().strip();
        Path xml = order.folder().file("domain.xml");
        if (isUser()) {
            AtomicFile.write(order.folder().file(PORT), ("" + QemuMachine.freePort()).getBytes());
        }
        Files.writeString(xml, xml(config));
        virsh("define", "--validate", xml.toString()).check();
        document.put("uuid", virsh("domuuid", name()).check().strip());
        order.folder().remember(document);
    }

    private String xml(String config) throws IOException {
        String netdev = isUser() ? network().open("net0", ssh().port()) : null;
        return DomainXml.of(order, disks(), config, netdev);
    }

    @Override
    public void start() throws IOException {
        virsh("start", name()).check();
    }

    @Override
    public Endpoint ssh() throws IOException {
        Path port = order.folder().file(PORT);
        return !isUser() ? new Endpoint(address(), 22)
                : new Endpoint("127.0.0.1", Files.exists(port) ? Integer.parseInt(Files.readString(port)) : 2222);
    }

    /** The plan's address; without one, what libvirt's DHCP server gave out. */
    private String address() {
        String ip = order.plan().nets().get(0).ip();
        return ip != null ? ip : virsh("domifaddr", name()).check().lines()
                .flatMap(l -> Stream.of(l.strip().split("\\s+"))).filter(w -> w.matches("[\\d.]+/\\d+"))
                .map(w -> w.replaceFirst("/.*", "")).findFirst()
                .orElseThrow(() -> new Cli.Failure("the VM has no address yet; give it one in the profile (ip, mask)"));
    }

    @Override
    public HttpUrl seen() {
        return isUser() ? network().seenOpen(order.artifacts()) : order.artifacts();
    }

    @Override
    public String shipped() {
        return "volume " + volume(1) + " of pool " + pool() + " at " + connect;
    }

    @Override
    public List<String> serial() throws IOException {
        return VmFolder.tail(Path.of(DomainXml.log(name())), 20);
    }

    @Override
    public String console() {
        return "virsh --connect " + connect + " console " + name();
    }

    @Override
    public void delete() throws IOException {
        String uuid = order.folder().document().map(d -> d.path("uuid").asText()).orElse("");
        if (virsh("domuuid", name()).run().out().strip().equals(uuid) && !uuid.isEmpty()) {
            virsh("destroy", name()).run(); // fails when it is off
            virsh("undefine", name(), "--nvram").check();
        }
        List<String> there = volumes();
        for (String volume : ours()) {
            if (there.contains(volume)) {
                virsh("vol-delete", volume, "--pool", pool()).check();
            }
        }
        try {
            Files.deleteIfExists(Path.of(DomainXml.log(name())));
        } catch (AccessDeniedException e) {
            Cli.warn(DomainXml.log(name()) + " stays: root alone may remove it"); // a member of group libvirt may do all else
        }
        order.folder().delete();
    }

    @Override
    public List<String> preview(RhcosImage image) throws IOException {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < order.plan().disks().size(); i++) {
            lines.add(virsh(diskCommand(i, volume(image), format(image))).shown());
        }
        lines.add("virsh --connect " + connect + " define:");
        lines.addAll(xml("/path/of/" + configVolume()).lines().toList());
        lines.add(virsh("start", name()).shown());
        return lines;
    }

    /** Of an image that was named with --image the content counts, not the name. */
    private static String volume(RhcosImage image) throws IOException {
        return image.here().isEmpty() || image.asked() == null ? Path.of(image.name()).getFileName().toString()
                : Digest.of(image.asked()).hex().substring(0, 12) + "-"
                + image.asked().getFileName().toString().replaceFirst("\\.(gz|xz)$", "");
    }

    /** What the unpacked image is, where it is on this host, else what its name says. */
    private static String format(RhcosImage image) {
        return image.here().map(DiskImage::format).filter(f -> f.equals("raw")).isPresent()
                || image.name().matches(".*\\.(raw|img)") ? "raw" : "qcow2";
    }

    private void upload(String volume, Path file, String format) throws IOException {
        virsh("vol-create-as", pool(), volume, "" + Files.size(file), "--format", format).check();
        virsh("vol-upload", volume, file.toString(), "--pool", pool()).check();
        virsh("pool-refresh", pool()).check(); // it learns the uploaded image's real size
    }

    private List<String> diskCommand(int i, String base, String format) {
        KcliPlan.Disk disk = order.plan().disks().get(i);
        List<String> argv = new ArrayList<>(List.of("vol-create-as", pool(), volume(i), disk.size() + "G",
                "--format", "qcow2"));
        if (i == 0) {
            argv.addAll(List.of("--backing-vol", base, "--backing-vol-format", format));
        } else if (!disk.thin()) {
            argv.addAll(List.of("--allocation", disk.size() + "G"));
        }
        return argv;
    }

    private boolean isUser() {
        return order.plan().nets().get(0).isUser();
    }

    private UserNetwork network() {
        return UserNetwork.of(order.plan().nets().get(0));
    }

    protected final String name() {
        return order.plan().name();
    }

    private String pool() {
        return order.plan().pool();
    }

    private String volume(int i) {
        return name() + (i == 0 ? "-system" : i == 1 ? "-target" : "-disk" + i) + ".qcow2";
    }

    private List<String> disks() {
        return Stream.iterate(0, i -> i + 1).limit(order.plan().disks().size()).map(this::volume).toList();
    }

    private String configVolume() {
        return name() + "-config.ign";
    }

    private List<String> ours() {
        return Stream.concat(disks().stream(), Stream.of(configVolume())).toList();
    }

    /** Names of the pool's volumes: the first column, below a head of two lines. */
    private List<String> volumes() {
        return virsh("vol-list", pool()).check().lines().filter(l -> !l.isBlank())
                .map(l -> l.strip().split("\\s{2,}")[0]).collect(Collectors.toList());
    }

    protected final Proc virsh(String... args) {
        return virsh(List.of(args));
    }

    private Proc virsh(List<String> args) {
        return Proc.of(Stream.concat(Stream.of("virsh", "--quiet", "--connect", connect), args.stream()).toList());
    }
}

package common.vm;

//SOURCES ../cli/Cli.java
//SOURCES YamlMap.java

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.stream.Stream;

import common.cli.Cli;

/**
 * One VM of a kcli plan (kcli's documentation, "Plan types"): the keys that a factory VM needs, in kcli's units. A
 * wrong type is a {@link Cli.Failure} with file and line; a key without effect here is a warning, and so is an entry that is
 * no VM.
 *
 * @param memory in MiB
 * @param keys public ssh keys
 * @param pool storage pool of libvirt
 */
public record KcliPlan(String name, String image, int cpus, int memory, List<Disk> disks, List<Net> nets, boolean uefi,
        List<GuestFile> files, List<String> cmds, List<String> keys, String pool, List<String> warnings) {
    private static final String ADDRESS = "((25[0-5]|2[0-4]\\d|1?\\d?\\d)(\\.(?!$)|$)){4}";

    /** {@code size} in GiB; thin: takes space only when it is written to. */
    public record Disk(int size, boolean thin) {
    }

    /**
     * @param name of a libvirt network; {@code user}: none, QEMU's user-mode network
     * @param ip null: by DHCP
     */
    public record Net(String name, String nic, String ip, int prefix, String gateway, List<String> dns, String mac) {
        public boolean isUser() {
            return name.equals("user");
        }
    }

    /** A file for the guest, of this host ({@code origin}) or written out in the plan. */
    public record GuestFile(String path, Path origin, String content, int mode) {
        public byte[] bytes() throws IOException {
            return origin == null ? content.getBytes(StandardCharsets.UTF_8) : Files.readAllBytes(origin);
        }
    }

    /** The plan's only VM, under the name given if one is; of several VMs the one that is called so. */
    public static KcliPlan read(Path file, String name) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new Cli.Failure("no profile " + file + ": name a kcli plan with --profile");
        }
        YamlMap plan = YamlMap.read(file);
        List<String> warnings = new ArrayList<>();
        Map<String, YamlMap> vms = new LinkedHashMap<>();
        Map<String, YamlMap> profiles = new LinkedHashMap<>();
        for (String key : List.copyOf(plan.keys())) {
            if (plan.isMap(key) && !key.equals("parameters")) {
                YamlMap entry = plan.map(key);
                String type = entry.text("type", "vm");
                if (type.matches("vm|kvm")) {
                    vms.put(key, entry);
                } else if (type.equals("profile")) {
                    profiles.put(key, entry);
                } else {
                    warnings.add(file + ": " + key + " of type " + type + " is not made here");
                }
            }
        }
        plan.rest((key, at) -> warnings.add(at + key + " is not supported here and has no effect"));
        if (vms.isEmpty()) {
            throw new Cli.Failure(file + ": a plan without a VM");
        }
        if (vms.size() > 1 && !vms.containsKey(name)) {
            throw new Cli.Failure(Cli.USAGE, file + ": has several VMs: " + String.join(", ", vms.keySet())
                    + "; choose one with --name");
        }
        String key = vms.size() > 1 ? name : vms.keySet().iterator().next();
        inherit(vms.get(key), profiles);
        return vm(file, name == null ? key : name, vms.get(key), warnings);
    }

    /** A profile is an entry of the plan, and may have a profile itself. */
    private static void inherit(YamlMap vm, Map<String, YamlMap> profiles) {
        for (String profile = vm.text("profile", null); profile != null; profile = vm.text("profile", null)) {
            YamlMap base = profiles.remove(profile);
            if (base == null) {
                throw vm.wrong("profile " + profile + ": no entry of this plan has that name and type: profile; kcli's "
                        + "profiles.yml is not read here");
            }
            vm.inherit(base);
        }
    }

    private static KcliPlan vm(Path file, String name, YamlMap vm, List<String> warnings) {
        if (!name.matches("[A-Za-z0-9][A-Za-z0-9.-]{0,63}")) {
            throw vm.wrong(name + ": a VM's name is a host name: letters, digits, dots and hyphens");
        }
        BiConsumer<String, String> unknown =
                (key, at) -> warnings.add(at + key + " is not supported here and has no effect");
        List<Disk> disks = new ArrayList<>();
        boolean hasDisks = vm.keys().contains("disks");
        for (YamlMap disk : vm.maps("disks", "size")) {
            disks.add(new Disk(disk.number("size", 10), disk.flag("thin", true)));
            disk.rest(unknown);
        }
        if (!hasDisks) {
            disks.add(new Disk(10, true)); // as kcli makes it
        }
        List<Net> nets = new ArrayList<>();
        for (YamlMap net : vm.maps("nets", "name")) {
            nets.add(net(net));
            net.rest(unknown);
        }
        List<GuestFile> files = new ArrayList<>();
        for (YamlMap guestFile : vm.maps("files", "origin")) {
            files.add(guestFile(file, guestFile));
            guestFile.rest(unknown);
        }
        String image = vm.text("image", null);
        if (image == null) {
            throw vm.wrong(name + " has no image");
        }
        int cpus = vm.number("numcpus", 2);
        int memory = vm.number("memory", 512);
        boolean uefi = vm.flag("uefi_legacy", false) | vm.flag("uefi", false);
        List<String> cmds = vm.texts("cmds");
        List<String> keys = vm.texts("keys");
        String pool = vm.text("pool", "default");
        vm.rest(unknown);
        return new KcliPlan(name, image, cpus, memory, disks, nets, uefi, files, cmds, keys, pool,
                List.copyOf(warnings));
    }

    private static Net net(YamlMap net) {
        String name = net.text("name", "default");
        String nic = net.text("nic", "ens3");
        String ip = address(net, "ip", net.text("ip", null));
        String mask = net.text("mask", net.text("netmask", null));
        String gateway = address(net, "gateway", net.text("gateway", null));
        List<String> dns = net.texts("dns").stream().flatMap(d -> Stream.of(d.split("[, ]+"))).toList();
        dns.forEach(d -> address(net, "dns", d));
        String mac = net.text("mac", null);
        if (mac != null && !mac.matches("(?i)([0-9a-f]{2}:){5}[0-9a-f]{2}")) {
            throw net.wrong("mac " + mac + ": six bytes such as 52:54:00:12:34:56");
        }
        if (ip != null && mask == null) {
            throw net.wrong("ip " + ip + " without mask");
        }
        if (!nic.matches("[A-Za-z0-9._-]{1,15}")) {
            throw net.wrong("nic " + nic + ": not the name of an interface");
        }
        return new Net(name, nic, ip, ip == null ? 0 : prefix(net, mask), gateway, dns,
                mac == null ? null : mac.toLowerCase(Locale.ROOT));
    }

    /** Bits of a mask that is written as an address or as their number. */
    private static int prefix(YamlMap net, String mask) {
        if (mask.matches("[12]?\\d|3[012]")) {
            return Integer.parseInt(mask);
        }
        int bits = 0;
        for (String part : address(net, "mask", mask).split("\\.")) {
            bits = bits << 8 | Integer.parseInt(part);
        }
        int ones = Integer.bitCount(bits);
        if (Integer.numberOfLeadingZeros(~bits) != ones) {
            throw net.wrong("mask " + mask + ": not a network mask such as 255.255.255.0");
        }
        return ones;
    }

    private static String address(YamlMap net, String key, String address) {
        if (address != null && !address.matches(ADDRESS)) {
            throw net.wrong(key + " " + address + ": not an IPv4 address");
        }
        return address;
    }

    private static GuestFile guestFile(Path plan, YamlMap file) {
        String origin = file.text("origin", null);
        String path = file.text("path", origin == null ? "" : "/root/" + Path.of(origin).getFileName());
        String content = file.text("content", null);
        String mode = file.text("mode", "644");
        file.flag("binary", false); // every file is copied byte for byte
        if (!path.startsWith("/") || (origin == null) == (content == null)) {
            throw file.wrong("a file has an absolute path, and either origin or content");
        }
        if (!mode.matches("0?[0-7]{3}")) {
            throw file.wrong("mode " + mode + ": three octal digits such as 644");
        }
        Path from = origin == null ? null : plan.toAbsolutePath().resolveSibling(
                origin.replaceFirst("^~(?=/)", System.getProperty("user.home"))).normalize();
        if (from != null && !Files.isRegularFile(from)) {
            throw file.wrong("origin " + from + ": no such file");
        }
        return new GuestFile(path, from, content, Integer.parseInt(mode, 8));
    }
}

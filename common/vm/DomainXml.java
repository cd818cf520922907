package common.vm;

//SOURCES Accelerator.java
//SOURCES KcliPlan.java
//SOURCES VirtualMachine.java

import java.io.StringWriter;
import java.util.List;

import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.transform.OutputKeys;
import javax.xml.transform.Transformer;
import javax.xml.transform.TransformerException;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;

import org.w3c.dom.Document;
import org.w3c.dom.Element;

/** A libvirt domain's definition (https://libvirt.org/formatdomain.html) for a factory VM. */
final class DomainXml {
    private static final String QEMU = "http://libvirt.org/schemas/domain/qemu/1.0";
    private final Document document;

    private DomainXml(Document document) {
        this.document = document;
    }

    /** Where virtlogd writes what the serial console says. */
    static String log(String name) {
        return "/var/log/libvirt/qemu/" + name + "-serial.log";
    }

    /**
     * @param disks volumes of the plan's pool
     * @param config path of the Ignition config on libvirt's host
     * @param netdev QEMU's -netdev value with id net0 in place of the first network; null: networks of libvirt
     */
    static String of(VirtualMachine.Spec order, List<String> disks, String config, String netdev) {
        try {
            Document document = DocumentBuilderFactory.newInstance().newDocumentBuilder().newDocument();
            new DomainXml(document).domain(order, disks, config, netdev);
            Transformer writer = TransformerFactory.newInstance().newTransformer();
            writer.setOutputProperty(OutputKeys.INDENT, "yes");
            writer.setOutputProperty(OutputKeys.OMIT_XML_DECLARATION, "yes");
            StringWriter text = new StringWriter();
            writer.transform(new DOMSource(document), new StreamResult(text));
            return text.toString();
        } catch (ParserConfigurationException | TransformerException e) {
            throw new AssertionError("every Java platform writes XML", e);
        }
    }

    private void domain(VirtualMachine.Spec order, List<String> disks, String config, String netdev) {
        KcliPlan plan = order.plan();
        boolean kvm = order.accelerator() == Accelerator.KVM;
        Element domain = document.createElement("domain");
        document.appendChild(domain);
        domain.setAttribute("type", kvm ? "kvm" : "qemu");
        add(domain, "name", plan.name());
        add(domain, "memory", "" + plan.memory(), "unit", "MiB");
        add(domain, "vcpu", "" + (kvm ? plan.cpus() : 1)); // libvirt cannot say thread=single, see Accelerator
        Element os = add(domain, "os", null);
        add(os, "type", "hvm", "arch", "x86_64", "machine", "q35");
        if (plan.uefi()) {
            os.setAttribute("firmware", "efi");
            Element firmware = add(os, "firmware", null);
            add(firmware, "feature", null, "enabled", "no", "name", "secure-boot");
        }
        add(os, "boot", null, "dev", "hd");
        Element sysinfo = add(domain, "sysinfo", null, "type", "fwcfg");
        add(sysinfo, "entry", null, "name", "opt/com.coreos/config", "file", config);
        Element features = add(domain, "features", null);
        add(features, "acpi", null); // UEFI needs it
        if (kvm) {
            add(domain, "cpu", null, "mode", "host-passthrough");
        } else { // check none: what the emulator lacks of the model is only left out
            Element cpu = add(domain, "cpu", null, "mode", "custom", "match", "exact", "check", "none");
            add(cpu, "model", order.accelerator().cpu, "fallback", "forbid");
        }
        Element devices = add(domain, "devices", null);
        for (int i = 0; i < disks.size(); i++) {
            Element disk = add(devices, "disk", null, "type", "volume", "device", "disk");
            add(disk, "driver", null, "name", "qemu", "type", "qcow2", "discard", "unmap");
            add(disk, "source", null, "pool", plan.pool(), "volume", disks.get(i));
            add(disk, "target", null, "dev", "vd" + (char) ('a' + i), "bus", "virtio");
        }
        for (int i = netdev == null ? 0 : 1; i < plan.nets().size(); i++) {
            Element net = add(devices, "interface", null, "type", "network");
            add(net, "source", null, "network", plan.nets().get(i).name());
            add(net, "mac", null, "address", order.macs().get(i));
            add(net, "model", null, "type", "virtio");
        }
        Element serial = add(devices, "serial", null, "type", "pty");
        add(serial, "log", null, "file", log(plan.name()), "append", "off");
        Element rng = add(devices, "rng", null, "model", "virtio");
        add(rng, "backend", "/dev/urandom", "model", "random");
        add(devices, "memballoon", null, "model", "none");
        if (netdev != null) { // libvirt 9 forwards no port on an interface of type user
            Element command = (Element) domain.appendChild(document.createElementNS(QEMU, "qemu:commandline"));
            for (String arg : List.of("-netdev", netdev, "-device", "virtio-net-pci,netdev=net0,addr=0x10,mac="
                    + order.macs().get(0))) {
                ((Element) command.appendChild(document.createElementNS(QEMU, "qemu:arg"))).setAttribute("value", arg);
            }
        }
    }

    private Element add(Element parent, String name, String text, String... attributes) {
        Element element = (Element) parent.appendChild(document.createElement(name));
        for (int i = 0; i < attributes.length; i += 2) {
            element.setAttribute(attributes[i], attributes[i + 1]);
        }
        if (text != null) {
            element.setTextContent(text);
        }
        return element;
    }
}

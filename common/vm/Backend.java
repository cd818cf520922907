package common.vm;

//SOURCES ../cli/Json.java
//SOURCES ../cli/Cli.java
//SOURCES LibvirtDomain.java
//SOURCES QemuMachine.java
//SOURCES VirtualMachine.java
//SOURCES VmFolder.java

import java.util.Locale;

import com.fasterxml.jackson.databind.node.ObjectNode;
import common.cli.Cli;
import common.cli.Json;

/** What runs the factory VM. */
public enum Backend {
    /** What made the VM if it is there; else libvirt if it answers, else QEMU. */
    AUTO,
    LIBVIRT,
    /** A process of our own, without a daemon. */
    QEMU;

    /** Never {@link #AUTO}. A VM that is there stays with the backend that made it. */
    public Backend resolve(VmFolder folder, String connect) {
        Backend made = folder.document().map(d -> of(d.path("backend").asText())).orElse(AUTO);
        if (this != AUTO && made != AUTO && made != this) {
            throw new Cli.Failure("this VM was made with --backend " + made + "; go on with that, or remove it first");
        }
        return this != AUTO ? this : made != AUTO ? made : LibvirtDomain.answers(connect) ? LIBVIRT : QEMU;
    }

    public VirtualMachine open(VirtualMachine.Spec order, String connect) {
        return this == LIBVIRT ? new LibvirtDomain(order, connect) : new QemuMachine(order);
    }

    /** How the VM is found again. */
    public ObjectNode document(String connect) {
        ObjectNode document = Json.object().put("backend", toString());
        return this == QEMU ? document : document.put("connect", connect);
    }

    private static Backend of(String name) {
        return valueOf(name.toUpperCase(Locale.ROOT));
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}

package common.vm;

//SOURCES ../cli/Proc.java
//SOURCES LibvirtDomain.java
//SOURCES RhcosImage.java

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

import common.cli.Proc;

/** A VM that kcli makes and starts from the plan, as the original did, on the libvirt that kcli is set up for. */
public final class KcliDomain extends LibvirtDomain {
    private static final String PLAN = "sno-factory";

    private final Path profile;

    public KcliDomain(Spec order, String connect, Path profile) {
        super(order, connect);
        this.profile = profile;
    }

    @Override
    public void checkHost() {
        Proc.need("kcli");
        super.checkHost();
    }

    @Override
    public State state() {
        Proc.Result state = virsh("domstate", name()).run();
        return !state.ok() ? State.ABSENT : state.out().strip().equals("running") ? State.RUNNING : State.OFF;
    }

    @Override
    public void create(RhcosImage image) {
        if (state() == State.ABSENT) {
            create().check();
        }
    }

    @Override
    public void start() throws IOException {
        if (state() != State.RUNNING) { // kcli has started what it made
            super.start();
        }
    }

    @Override
    public String shipped() {
        return "the second disk of " + name() + " (virsh domblklist " + name() + ")";
    }

    @Override
    public void delete() throws IOException {
        Proc.of("kcli", "delete", "plan", "--yes", PLAN).check();
        order.folder().delete();
    }

    @Override
    public List<String> preview(RhcosImage image) {
        return List.of(create().shown());
    }

    private Proc create() {
        return Proc.of("kcli", "create", "plan", "-f", profile.toString(), PLAN);
    }
}

//SOURCES Corpus.java
//SOURCES LabFolder.java
//SOURCES LabScripts.java
//SOURCES LocalRegistry.java
//SOURCES PrivateStorage.java
//SOURCES WebServer.java

import java.io.IOException;
import java.util.List;

/** Servers with a corpus that stay until {@code lab.java down}, for a person to go the way by hand. */
record StandingLab(LabFolder folder) {
    void up(LabScripts scripts, Corpus corpus) throws IOException {
        folder.prepare();
        boolean done = false;
        try {
            LocalRegistry registry = LocalRegistry.start(folder.path().resolve("registry"));
            folder.remember("registry", registry);
            corpus.publish(registry.port(), folder.lists());
            WebServer web = WebServer.start(folder.path().resolve("web"), folder.www());
            folder.remember("web", web);
            PrivateStorage storage = PrivateStorage.in(folder.storage(), folder.runRoots());
            scripts.byHand(web.port(), storage.conf()).forEach(System.out::println);
            done = true;
        } finally {
            Thread.interrupted();
            if (!done) {
                folder.release();
            }
        }
        status();
    }

    void status() throws IOException {
        List<LabFolder.Running> running = folder.running();
        running.forEach(s -> System.out.printf("%s%s (pid %d)%n", s.name(),
                s.port() == 0 ? "" : " on 127.0.0.1:" + s.port(), s.process().pid()));
        folder.mounts().forEach(m -> System.out.println("mounted: " + m));
        System.out.println(running.isEmpty() ? "The lab in " + folder.path() + " is down."
                : "The lab in " + folder.path() + " is up; lab.java down ends it and removes the folder.");
    }
}

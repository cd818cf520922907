package common.assisted;

//SOURCES ../cli/Cli.java
//SOURCES ../cli/JsonOption.java
//SOURCES ../cli/ProgressOption.java
//SOURCES ../cli/Steps.java
//SOURCES ../http/Deadline.java
//SOURCES ../http/Http.java
//SOURCES ../http/Time.java
//SOURCES AicliParameters.java
//SOURCES AssistedConnection.java
//SOURCES AssistedInstaller.java
//SOURCES OfflineToken.java

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Locale;

import common.cli.Cli;
import common.cli.JsonOption;
import common.cli.ProgressOption;
import common.cli.Steps;
import common.http.Deadline;
import common.http.Http;
import common.http.Time;
import okhttp3.HttpUrl;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** Which service and cluster, how long, how to talk about it: options of all of a script's subcommands (mixin). */
public final class ServiceOptions {
    @Option(names = "--url", scope = ScopeType.INHERIT, paramLabel = "URL",
            description = "The service (default: AI_URL); with --offline-token-file " + AssistedInstaller.HOSTED + ".")
    private String url;

    @Option(names = "--name", scope = ScopeType.INHERIT, paramLabel = "NAME",
            description = "The cluster; its id where several have the name (default: CLUSTER_NAME, virt01).")
    private String name;

    @Option(names = "--profile", scope = ScopeType.INHERIT, paramLabel = "FILE.yaml",
            description = "An aicli parameter file; options count more, the environment less.")
    private Path profile;

    @Option(names = "--ca", scope = ScopeType.INHERIT, paramLabel = "FILE",
            description = "CA certificates (PEM) of the service (default: AI_CA).")
    private Path ca;

    @Option(names = "--offline-token-file", scope = ScopeType.INHERIT, paramLabel = "FILE",
            description = "Login of the hosted service (default: the token in AI_OFFLINETOKEN).")
    private Path offlineToken;

    @Option(names = "--sso-url", scope = ScopeType.INHERIT, hidden = true, defaultValue = OfflineToken.SSO)
    private String sso;

    @Option(names = "--timeout", scope = ScopeType.INHERIT, paramLabel = "TIME", defaultValue = "90m",
            description = "The end of all waiting: 90m, 2h (default: ${DEFAULT-VALUE}).")
    private String timeout;

    @Option(names = "--yes", scope = ScopeType.INHERIT, description = "Neither pause nor ask.")
    private boolean yes;

    @Mixin
    private ProgressOption progress;

    @Mixin
    private JsonOption json;

    /** The service; nothing is sent yet. */
    public AssistedInstaller connect(Time time) throws IOException {
        String token = offlineToken != null ? OfflineToken.read(offlineToken) : env("AI_OFFLINETOKEN");
        String address = given(url, env("AI_URL"), token == null ? null : AssistedInstaller.HOSTED);
        if (address == null) {
            throw new Cli.Failure(Cli.USAGE, "where is the service? Give --url http://HOST:8090 or set AI_URL");
        }
        HttpUrl base = AssistedConnection.base(address);
        if (token != null && !base.isHttps() && !base.host().matches("localhost|127\\..*")) {
            throw new Cli.Failure(Cli.USAGE, "--url " + address + ": no token goes there without TLS; give https://");
        }
        return new AssistedInstaller(new AssistedConnection(http(false), base,
                token == null ? null : new OfflineToken(http(false), HttpUrl.get(sso), token, time), time));
    }

    /** For the ISO, which may come from elsewhere. */
    public Http http(boolean redirects) {
        Path file = ca != null || env("AI_CA") == null ? ca : Path.of(env("AI_CA"));
        if (file != null && !Files.isRegularFile(file)) {
            throw new Cli.Failure(Cli.USAGE, "--ca " + file + ": no such file");
        }
        return new Http(file, redirects);
    }

    public Deadline deadline(Time time) {
        try {
            return new Deadline(time, Duration.parse("PT" + timeout.toUpperCase(Locale.ROOT)),
                    "run the same command again to go on, status shows how it stands");
        } catch (DateTimeParseException e) {
            throw new Cli.Failure(Cli.USAGE, "--timeout " + timeout + ": not a time like 90m or 2h");
        }
    }

    public String name() {
        return given(name, parameters().text("cluster", "name"), env("CLUSTER_NAME"), "virt01");
    }

    AicliParameters parameters() {
        return AicliParameters.read(profile);
    }

    public boolean yes() {
        return yes;
    }

    public JsonOption json() {
        return json;
    }

    /** Throws when a question would come that nobody can answer. */
    public void mayAsk() {
        if (!yes && !Steps.canAsk()) {
            throw new Cli.Failure(Cli.USAGE, "this asks, and there is no terminal to answer at: give --yes");
        }
    }

    static String env(String name) {
        String value = System.getenv(name);
        return value == null || value.isBlank() ? null : value;
    }

    /** The first that is given. */
    static String given(String... values) {
        for (String value : values) {
            if (value != null) {
                return value;
            }
        }
        return null;
    }
}

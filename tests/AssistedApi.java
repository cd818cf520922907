//SOURCES ../common/cli/Json.java
//SOURCES AssistedRecordings.java
//SOURCES Repository.java
//DEPS com.atlassian.oai:swagger-request-validator-core:2.46.1
//DEPS org.slf4j:slf4j-api:2.0.17
//DEPS org.slf4j:slf4j-nop:2.0.17

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import com.atlassian.oai.validator.OpenApiInteractionValidator;
import com.atlassian.oai.validator.model.Request;
import com.atlassian.oai.validator.model.SimpleRequest;
import com.atlassian.oai.validator.model.SimpleResponse;
import com.atlassian.oai.validator.report.LevelResolver;
import com.atlassian.oai.validator.report.ValidationReport;
import com.atlassian.oai.validator.report.ValidationReport.Level;

/** The service's own OpenAPI files: what of an exchange does not fit them. */
final class AssistedApi {
    /** Answers of the real service that its specification does not allow, as the checked-in list has them. */
    private static final List<String> DEVIATIONS = Repository.text(
            AssistedRecordings.FOLDER.resolve("known-deviations.txt")).lines()
            .filter(l -> !l.isBlank() && !l.startsWith("#")).toList();
    private static final Map<String, OpenApiInteractionValidator> VALIDATORS = new TreeMap<>();

    static {
        for (String file : List.of("swagger-2022-06.yaml", "swagger-2026-08.yaml")) {
            VALIDATORS.put(file, OpenApiInteractionValidator
                    .createForSpecificationUrl(AssistedRecordings.FOLDER.resolve(file).toUri().toString())
                    .withLevelResolver(LevelResolver.create()
                            .withLevel("validation.request.security.missing", Level.IGNORE).build())
                    .build());
        }
    }

    private AssistedApi() {
    }

    /** One request and its answer; {@code path} with the query; bodies null where there is none. */
    record Exchange(String method, String path, String contentType, String body, int status, String answerType,
            String answer) {
        String pathOnly() {
            return path.replaceFirst("\\?.*", "");
        }
    }

    /** What of the request does not fit, a line each that begins with the file's name. */
    static List<String> requestFaults(Exchange exchange) {
        SimpleRequest.Builder request = new SimpleRequest.Builder(method(exchange), exchange.pathOnly());
        if (exchange.path().contains("?")) {
            for (String pair : exchange.path().replaceFirst("[^?]*\\?", "").split("&")) {
                String[] parts = pair.split("=", 2);
                request.withQueryParam(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
            }
        }
        if (exchange.body() != null) {
            request.withBody(exchange.body()).withContentType(exchange.contentType());
        }
        List<String> faults = new ArrayList<>();
        VALIDATORS.forEach((file, validator) -> faults.addAll(words(file, exchange,
                validator.validateRequest(request.build()))));
        return faults;
    }

    /** The same of the answer, but for the known deviations. */
    static List<String> responseFaults(Exchange exchange) {
        SimpleResponse.Builder response = SimpleResponse.Builder.status(exchange.status());
        if (exchange.answer() != null && !exchange.answer().isEmpty()) {
            response.withBody(exchange.answer()).withContentType(exchange.answerType());
        }
        List<String> faults = new ArrayList<>();
        VALIDATORS.forEach((file, validator) -> faults.addAll(words(file, exchange,
                validator.validateResponse(exchange.pathOnly(), method(exchange), response.build()))));
        faults.removeIf(fault -> DEVIATIONS.stream().anyMatch(fault::contains));
        return faults;
    }

    private static Request.Method method(Exchange exchange) {
        return Request.Method.valueOf(exchange.method());
    }

    private static List<String> words(String file, Exchange exchange, ValidationReport report) {
        return report.getMessages().stream().filter(m -> m.getLevel() != Level.IGNORE)
                .map(m -> file + " " + exchange.method() + " " + exchange.path() + " " + exchange.status() + " "
                        + m.getKey() + ": " + m.getMessage().replaceAll("\\s+", " ")).toList();
    }
}

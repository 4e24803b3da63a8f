// A right ARES client on java.net.http.

import java.io.ByteArrayOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

public final class Fixed {
    private static final Duration SILENCE = Duration.ofSeconds(120);

    // HTTP/1.1 unless told: by default the client offers HTTP/2 with every question in clear text, which some servers
    // stumble over. Redirects are not followed (its default): the question is not for another server.
    private static final HttpClient CLIENT = HttpClient.newBuilder()
            .version("2".equals(System.getenv("ARES_HTTP_VERSION")) ? HttpClient.Version.HTTP_2 : HttpClient.Version.HTTP_1_1)
            .build();

    private static final ScheduledExecutorService WATCH = Executors.newSingleThreadScheduledExecutor(task -> {
        var thread = new Thread(task, "silence");
        thread.setDaemon(true);
        return thread;
    });

    /**
     * Asks and streams the answer: show is called for each piece as it comes, the whole text is returned.
     * Throws where the status or the type is wrong, the connection fails, the body ends too soon or falls silent;
     * the pieces shown until then are the start of the answer. What show throws stops the stream.
     */
    static String streamChat(String url, String path, String token, String message, Consumer<String> show)
            throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create(url + path))
                .timeout(SILENCE) // until the head is there; no Accept-Encoding: gzip would not be decoded
                .header("Accept", "text/event-stream")
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"message\": " + quoted(message) + "}"))
                .build();
        var response = CLIENT.send(request, HttpResponse.BodyHandlers.ofInputStream());
        try (var body = response.body()) { // closes the connection of a body that is not read to its end
            refuseAllButEvents(response);
            var text = new StringBuilder();
            var events = new EventStream(piece -> {
                text.append(piece);
                show.accept(piece);
            });
            var received = new byte[64 * 1024];
            for (int n; (n = read(body, received)) >= 0; ) { // a body that ends too soon is an IOException
                events.feed(received, n);
            }
            return text.toString();
        }
    }

    /** A read, which fails after so long a silence. HttpRequest's own limit ends with the head. */
    private static int read(InputStream body, byte[] received) throws IOException {
        ScheduledFuture<?> patience = WATCH.schedule(() -> close(body), SILENCE.toMillis(), TimeUnit.MILLISECONDS);
        try {
            return body.read(received);
        } catch (IOException error) {
            throw patience.isDone() ? new IOException("no byte for " + SILENCE.toSeconds() + " s") : error;
        } finally {
            patience.cancel(false);
        }
    }

    private static void close(InputStream body) {
        try {
            body.close();
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    private static void refuseAllButEvents(HttpResponse<InputStream> response) throws IOException {
        if (response.statusCode() != 200) {
            var excerpt = new byte[300];
            int length = 0;
            try {
                length = Math.max(0, read(response.body(), excerpt)); // what there is of it
            } catch (IOException none) {
                // the status says enough
            }
            var body = new String(excerpt, 0, length, StandardCharsets.UTF_8);
            throw new IOException("HTTP " + response.statusCode() + ": " + body);
        }
        var type = response.headers().firstValue("content-type").orElse("none").split(";", 2)[0].strip();
        if (!type.equalsIgnoreCase("text/event-stream")) {
            throw new IOException("content type " + type + ", expected text/event-stream");
        }
    }

    /**
     * WHATWG HTML, 9.2.5 and 9.2.6: bytes as they come in, the data of each finished event out. Lines are cut from bytes,
     * and whole before they are decoded, so where reads end does not matter. (BodyHandlers.ofLines decodes by the charset
     * that the head names, and an event stream is UTF-8 whatever it names.)
     */
    private static final class EventStream {
        private final Consumer<String> show;
        private final ByteArrayOutputStream line = new ByteArrayOutputStream();
        private final List<String> data = new ArrayList<>();
        private boolean afterCR;
        private boolean first = true;

        EventStream(Consumer<String> show) {
            this.show = show;
        }

        void feed(byte[] received, int length) {
            int start = 0;
            for (int i = 0; i < length; i++) {
                byte b = received[i];
                boolean restOfCRLF = b == '\n' && afterCR;
                afterCR = b == '\r';
                if (restOfCRLF) {
                    start = i + 1;
                } else if (b == '\r' || b == '\n') {
                    line.write(received, start, i - start);
                    start = i + 1;
                    end(line.toString(StandardCharsets.UTF_8));
                    line.reset();
                }
            }
            line.write(received, start, length - start);
        }

        private void end(String line) {
            if (first && line.startsWith("\uFEFF")) {
                line = line.substring(1);
            }
            first = false;
            var field = line.split(":", 2);
            if (line.isEmpty()) {
                if (!data.isEmpty()) {
                    show.accept(String.join("\n", data));
                }
                data.clear();
            } else if (field[0].equals("data")) { // ARES has no event types and no ids, so no other field counts
                var value = field.length > 1 ? field[1] : "";
                data.add(value.startsWith(" ") ? value.substring(1) : value);
            }
        }
    }

    private static String quoted(String text) {
        var json = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            boolean plain = c >= ' ' && c != '"' && c != '\\';
            json.append(plain ? String.valueOf(c) : "\\u" + Integer.toHexString(0x10000 | c).substring(1));
        }
        return json.append('"').toString();
    }

    public static void main(String[] arguments) {
        var env = System.getenv();
        // System.out has the encoding of the platform, and swallows errors.
        var out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
        try {
            streamChat(env.get("ARES_URL"), env.get("ARES_PATH"), env.get("ARES_TOKEN"), env.get("ARES_MESSAGE"), out::print);
        } catch (IOException | InterruptedException error) {
            System.err.println(error); // some have no text, so with their class
            System.exit(1);
        }
    }
}

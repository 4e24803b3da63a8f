// ARES's page has no sample for Java. This one decides as a page would, each decision with its name.

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import java.util.stream.Stream;

public final class Sample {
    private static final String PREFIX = "data: ";

    // decision: the library's defaults, so no time-out, and HTTP/2 is offered (Upgrade: h2c) with every question
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    /** Asks, and calls show for each piece of the answer. */
    static String streamChat(String url, String path, String token, String message, Consumer<String> show)
            throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create(url + path))
                .header("Accept", "text/event-stream")
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(
                        "{\"message\": " + quoted(message) + ", \"agent_type\": \"research\"}"))
                .build();
        // decision: ofLines decodes by the charset that the answer names, and cuts lines at CR, LF and CRLF
        HttpResponse<Stream<String>> answer = CLIENT.send(request, HttpResponse.BodyHandlers.ofLines());
        // decision: the status is not looked at
        var shown = new StringBuilder();
        answer.body() // decision: never closed, it is read to its end or forgotten
                .filter(line -> line.startsWith(PREFIX)) // decision: the space is part of the prefix, blank lines mean nothing
                .map(line -> line.substring(PREFIX.length()))
                .forEach(piece -> {
                    shown.append(piece);
                    show.accept(piece); // decision: shown at once
                });
        return shown.toString(); // decision: an error that ended the reading is thrown by the stream
    }

    /** The page would type its JSON by hand. Here the message comes from outside, so it has to be quoted. */
    private static String quoted(String text) {
        var json = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            boolean plain = c >= ' ' && c != '"' && c != '\\';
            json.append(plain ? String.valueOf(c) : "\\u" + Integer.toHexString(0x10000 | c).substring(1));
        }
        return json.append('"').toString();
    }

    public static void main(String[] arguments) throws Exception {
        var env = System.getenv();
        var out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
        // decision: failure is a stack trace, exit status 1
        streamChat(env.get("ARES_URL"), env.get("ARES_PATH"), env.get("ARES_TOKEN"), env.get("ARES_MESSAGE"), out::print);
    }
}

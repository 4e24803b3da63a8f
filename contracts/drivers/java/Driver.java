// A driver for a Java client, with the corrected one of ../../clients/java in the place of yours:
//   javac -d classes Driver.java Json.java ../../clients/java/Fixed.java && mock-ares check --driver -- java -cp classes Driver

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

public final class Driver {
    /** A client: show is called for each piece, and stops it by what it throws. Returns the whole text. */
    interface Client {
        String streamChat(String url, String path, String token, String message, Consumer<String> show) throws Exception;
    }

    @SuppressWarnings("serial")
    private static final class Stopped extends RuntimeException {}

    public static void main(String[] arguments) throws IOException {
        run(Fixed::streamChat); // your client in its place
    }

    static void run(Client client) throws IOException {
        say("\"protocol\": 1, \"name\": \"java\", \"capabilities\": [\"incremental\", \"cancel\", \"v1\"]");
        // readLine ends lines at CR, too. Requests are ASCII, and a CR in them is an escape.
        var requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line; (line = requests.readLine()) != null; ) {
            answer(client, line);
        }
        System.exit(0); // whatever threads an HTTP client has
    }

    private static void answer(Client client, String line) {
        var asked = Json.read(line);
        var id = "\"id\": " + asked.get("id");
        int wanted = Integer.parseInt((String) asked.getOrDefault("cancel_after", "" + Integer.MAX_VALUE));
        var shown = new StringBuilder();
        Consumer<String> show = piece -> {
            shown.append(piece);
            say(id + ", \"piece\": " + Json.quoted(piece));
            if (shown.length() >= wanted && shown.codePointCount(0, shown.length()) >= wanted) {
                throw new Stopped();
            }
        };
        try {
            var text = client.streamChat((String) asked.get("url"), (String) asked.get("path"), (String) asked.get("token"),
                    (String) asked.get("message"), show);
            say(id + ", \"text\": " + Json.quoted(text));
        } catch (Stopped stopped) {
            say(id + ", \"text\": " + Json.quoted(shown.toString()));
        } catch (Exception error) {
            say(id + ", \"error\": " + Json.quoted(error.toString())); // some have no text, so with their class
        }
    }

    private static void say(String members) {
        System.out.println("{" + members + "}"); // println flushes
    }
}

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** As much of JSON as a driver needs where there is no library: lines that are known to be right. */
final class Json {
    private final String text;
    private int at;

    private Json(String text) {
        this.text = text;
    }

    /** The members of an object; a number is its digits. */
    @SuppressWarnings("unchecked")
    static Map<String, Object> read(String line) {
        return (Map<String, Object>) new Json(line).value();
    }

    /** In ASCII, so that neither the platform's encoding nor half a surrogate pair can spoil it. */
    static String quoted(String text) {
        var json = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            boolean plain = c >= ' ' && c <= '~' && c != '"' && c != '\\';
            json.append(plain ? String.valueOf(c) : "\\u" + Integer.toHexString(0x10000 | c).substring(1));
        }
        return json.append('"').toString();
    }

    private Object value() {
        switch (peek()) {
            case '"':
                return string();
            case '{':
                Map<String, Object> members = new HashMap<>();
                while (more('}')) {
                    String name = string();
                    skip(':');
                    members.put(name, value());
                }
                return members;
            case '[':
                List<Object> items = new ArrayList<>();
                while (more(']')) {
                    items.add(value());
                }
                return items;
            default:
                int start = at;
                while (at < text.length() && ",]} \t\r".indexOf(text.charAt(at)) < 0) {
                    at++;
                }
                return text.substring(start, at);
        }
    }

    /** Goes past an opening bracket or a comma; whether the bracket's end does not follow, which it goes past, too. */
    private boolean more(char end) {
        if (peek() != end) {
            at++;
        }
        if (peek() != end) {
            return true;
        }
        at++;
        return false;
    }

    private String string() {
        skip('"');
        var value = new StringBuilder();
        for (char c; (c = text.charAt(at++)) != '"'; ) {
            value.append(c == '\\' ? escaped() : c);
        }
        return value.toString();
    }

    private char escaped() {
        char c = text.charAt(at++);
        if (c == 'u') {
            at += 4;
            return (char) Integer.parseInt(text.substring(at - 4, at), 16);
        }
        int control = "bfnrt".indexOf(c);
        return control < 0 ? c : "\b\f\n\r\t".charAt(control);
    }

    private void skip(char expected) {
        if (peek() != expected) {
            throw new IllegalArgumentException("expected " + expected + " at " + at + " of " + text);
        }
        at++;
    }

    private char peek() {
        while (" \t\r".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        return text.charAt(at);
    }
}

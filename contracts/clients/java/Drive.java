// The clients of this folder under the driver protocol: java -cp build/trial Drive sample

import java.io.IOException;

public final class Drive {
    public static void main(String[] arguments) throws IOException {
        Driver.run(arguments[0].equals("sample") ? Sample::streamChat : Fixed::streamChat);
    }
}

//SOURCES ../common/http/Http.java
//SOURCES ../common/http/NoProxy.java

import static org.junit.jupiter.api.Assertions.assertEquals;

import common.http.NoProxy;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("NO_PROXY, as Go reads it")
class NoProxyTest {
    @ParameterizedTest(name = "\"{0}\" covers {1}:{2}: {3}")
    @CsvSource(delimiter = '|', value = {
        "*                    | quay.io          | 443  | true", "a, *                | quay.io          | 443  | true",
        "''                   | quay.io          | 443  | false", "''                  | localhost        | 5000 | true",
        "''                   | 127.8.8.8        | 5000 | true", "''                   | ::1              | 5000 | true",
        "10.0.0.0/8           | 10.1.2.3         | 5000 | true", "10.0.0.0/8           | 11.1.2.3         | 5000 | false",
        "10.1.2.0/23          | 10.1.3.9         | 80   | true", "10.1.2.3/32          | 10.1.2.3         | 80   | true",
        "0.0.0.0/0            | 192.0.2.1        | 80   | true", "2001:db8::/32        | 2001:db8::5      | 80   | true",
        "2001:db8::/32        | 2001:db9::5      | 80   | false", "10.1.2.3             | 10.1.2.3         | 5000 | true",
        "10.1.2.3:5000        | 10.1.2.3         | 5000 | true", "10.1.2.3:5000        | 10.1.2.3         | 5001 | false",
        "[2001:db8::5]:443    | 2001:db8::5      | 443  | true", "2001:db8::5          | 2001:db8::5      | 80   | true",
        "example.com          | example.com      | 443  | true", "example.com          | a.example.com    | 443  | true",
        "example.com          | badexample.com   | 443  | false", ".example.com         | a.example.com    | 443  | true",
        ".example.com         | example.com      | 443  | false", "*.example.com        | a.b.example.com  | 443  | true",
        "*.example.com        | example.com      | 443  | false", "Example.COM          | A.example.com    | 443  | true",
        "example.com:8443     | example.com      | 8443 | true", "example.com:8443     | example.com      | 443  | false",
        "a.b, ,example.com    | example.com      | 443  | true", "10.0.0.0/40          | 10.0.0.1         | 443  | false",
        ":80                  | example.com      | 80   | false", "10.0.0               | 10.0.0.1         | 80   | false"})
    void covers(String list, String host, int port, boolean direct) {
        assertEquals(direct, new NoProxy(list).covers(host, port));
    }
}

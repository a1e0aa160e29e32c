package io.podoffload.binder.ip;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** As Go's {@code net} reads addresses, since kube-ovn-cni does. */
class IpTextTest {

    @ParameterizedTest
    @CsvSource({
        "10.16.0.5, 10.16.0.5",
        "fd00:10:16::5, fd00:10:16::5",
        "FD00:10:16::A, fd00:10:16::a",
        "::ffff:10.0.0.1, 10.0.0.1"
    })
    void anAddressIsShownAsTheKernelsAre(String text, String shown) {
        assertThat(IpText.address(text)).hasValue(shown);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "dead.beef",
                "10.16",
                "10.016.0.5",
                "10.16.0.5/16",
                "1.2.3.4.5",
                "fe80::1%eth0",
                "[::1]",
                "::1::",
                "",
                " 10.16.0.5",
                "....x",
                "10.16.0.256"
            })
    void whatIsNoLiteralIsNoAddress(String text) {
        assertThat(IpText.address(text)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "10.96.0.10/12, 10.96.0.0/12",
        "192.168.0.101/24, 192.168.0.0/24",
        "10.1.2.3/0, 0.0.0.0/0",
        "10.1.2.3/32, 10.1.2.3/32",
        "fd00:10:16::5/112, fd00:10:16::/112",
        "fd00::ffff/9, fd00::/9"
    })
    void aNetworkHasNoHostBits(String text, String network) {
        assertThat(IpText.network(text)).hasValue(network);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"10.2.0.0", "10.2.0.0/", "10.2.0.0/33", "10.2.0.0/abc", "10.2.0.0/+8", "fd00::/129", "/8", "x/8"
            })
    void whatIsNoNetworkIsNone(String text) {
        assertThat(IpText.network(text)).isEmpty();
    }
}

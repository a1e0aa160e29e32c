package io.podoffload.binder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

class NodeBinderPropertiesTest {

    private static NodeBinderProperties excluding(String list) {
        return new Binder(new MapConfigurationPropertySource(
                        Map.of("pod-offload.node-name", "node1", "pod-offload.exclude", list)))
                .bind("pod-offload", NodeBinderProperties.class)
                .get();
    }

    @Test
    void anExclusionIsReadAsSysfsWritesIt() {
        assertThat(excluding("0000:3B:00.2,enp1s0f0np0").exclude()).isEqualTo(Set.of("0000:3b:00.2", "enp1s0f0np0"));
        assertThat(excluding("").exclude()).isEmpty();
    }

    @Test
    void anAddressWithoutItsDomainIsRefused() {
        assertThatThrownBy(() -> excluding("3b:00.2"))
                .isInstanceOf(BindException.class)
                .rootCause()
                .hasMessage(
                        "pod-offload.exclude: '3b:00.2' is no PCI address: give it with its domain, such as 0000:3b:00.2,"
                                + " or the netdev of a PF");
    }
}

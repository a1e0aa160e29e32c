package io.podoffload.binder.nic;

import java.util.Arrays;
import java.util.Optional;

/**
 * The embedded switch of a PF.
 *
 * @param encap whether tunnel headers can be handled in hardware; empty where the device does not say
 * @see <a href="https://docs.kernel.org/networking/devlink/devlink-eswitch-attr.html">Devlink E-Switch Attribute</a>
 */
public record Eswitch(Mode mode, Optional<Boolean> encap) {

    /** Who decides where a packet goes: {@code enum devlink_eswitch_mode}. */
    public enum Mode {
        LEGACY(0, "legacy"),
        SWITCHDEV(1, "switchdev"),
        /** Representors exist, but the switch does not forward yet. */
        SWITCHDEV_INACTIVE(2, "switchdev_inactive"),
        UNKNOWN(-1, "unknown");

        private final int number;
        private final String text;

        Mode(int number, String text) {
            this.number = number;
            this.text = text;
        }

        public static Mode of(int number) {
            return Arrays.stream(values())
                    .filter(mode -> mode.number == number)
                    .findFirst()
                    .orElse(UNKNOWN);
        }

        public int number() {
            return number;
        }

        /** As devlink(8) writes it. */
        public String text() {
            return text;
        }
    }
}

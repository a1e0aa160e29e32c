package io.podoffload.binder.binding;

import java.util.HexFormat;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * An Ethernet address in the kernel's form, {@code 02:00:00:00:00:01}. Equal whatever the case it was written in: older
 * Kube-OVN writes upper case.
 */
public record MacAddress(String value) {

    private static final Pattern FORM = Pattern.compile("([0-9a-f]{2}:){5}[0-9a-f]{2}");
    private static final HexFormat COLONS = HexFormat.ofDelimiter(":");

    /** What a VF's admin MAC is while nobody has set it. */
    public static final MacAddress NONE = new MacAddress("00:00:00:00:00:00");

    public MacAddress {
        value = value.toLowerCase(Locale.ROOT);
        if (!FORM.matcher(value).matches()) {
            throw new IllegalArgumentException("'" + value + "' is no MAC address such as 02:00:00:00:00:01");
        }
    }

    /** From the six bytes that netlink carries. */
    public static MacAddress of(byte[] bytes) {
        return new MacAddress(COLONS.formatHex(bytes));
    }

    public byte[] bytes() {
        return COLONS.parseHex(value);
    }

    @Override
    public String toString() {
        return value;
    }
}

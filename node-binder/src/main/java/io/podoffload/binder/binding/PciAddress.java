package io.podoffload.binder.binding;

import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Address of a PCI function in the kernel's form, {@code 0000:03:00.2}. Domains longer than four digits exist (VMD).
 *
 * @param value lower case
 */
public record PciAddress(String value) implements Comparable<PciAddress> {

    private static final Pattern FORM = Pattern.compile("[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\\.[0-7]");

    public PciAddress {
        value = value.toLowerCase(Locale.ROOT);
        if (!isPciAddress(value)) {
            throw new IllegalArgumentException("'" + value + "' is no PCI address such as 0000:03:00.2");
        }
    }

    /** Device ids of a device plugin need not be PCI addresses. */
    public static boolean isPciAddress(String text) {
        return FORM.matcher(text.toLowerCase(Locale.ROOT)).matches();
    }

    @Override
    public int compareTo(PciAddress other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}

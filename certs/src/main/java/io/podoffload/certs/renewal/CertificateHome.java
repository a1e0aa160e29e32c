package io.podoffload.certs.renewal;

/** Where certificates are kept and made known. */
public interface CertificateHome {

    /** Writes the Secret, if it is still what was looked at. */
    void store(Keyring keyring, String because);

    /** Makes this PEM text the caBundle of every entry of the webhook configuration. */
    void publish(String bundle);
}

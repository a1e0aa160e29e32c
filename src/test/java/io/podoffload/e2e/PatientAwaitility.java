package io.podoffload.e2e;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Who waits without saying how long waits as long as all others; Awaitility's own 10 s are short where two runs share a core. */
public final class PatientAwaitility implements BeforeAllCallback {

    @Override
    public void beforeAll(ExtensionContext context) {
        Awaitility.setDefaultTimeout(OneNode.SOON);
    }
}

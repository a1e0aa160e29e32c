package io.podoffload.binder.reconcile;

import io.podoffload.binder.binding.PciAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * How often one VF may be changed for one holder. A VF whose changes are undone again and again is contested: from then on it is
 * changed once in a while, until nothing has been undone for some minutes. Only time refills the budget, and no event.
 */
final class ChangeBudget {

    /** A bind and a release are six plans. */
    private static final int AT_ONCE = 30;

    private static final long NANOS_PER_CHANGE = Duration.ofSeconds(10).toNanos();
    private static final long FULL = AT_ONCE * NANOS_PER_CHANGE;

    private final LongSupplier nanoTime;
    private final Map<PciAddress, Account> accounts = new HashMap<>(); // guarded by this

    private static final class Account {
        private String holder = "";
        private long saved = FULL;
        private long asOf;
        private boolean contested;

        Account(long now) {
            asOf = now;
        }
    }

    ChangeBudget(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /**
     * Takes one change out of the budget.
     *
     * @param holder the sandbox that the VF is for, if any; a new one begins with a whole budget
     * @return whether the change may be made
     */
    synchronized boolean take(PciAddress pci, Optional<String> holder) {
        Account account = account(pci, holder);
        if (account.saved < NANOS_PER_CHANGE) {
            account.contested = true;
            return false;
        }
        account.saved -= NANOS_PER_CHANGE;
        return true;
    }

    /** Whether the budget was used up, and is not half full yet. */
    synchronized boolean isContested(PciAddress pci, Optional<String> holder) {
        return account(pci, holder).contested;
    }

    private Account account(PciAddress pci, Optional<String> holder) {
        long now = nanoTime.getAsLong();
        Account account = accounts.computeIfAbsent(pci, unknown -> new Account(now));
        if (holder.isPresent() && !holder.get().equals(account.holder)) {
            account.holder = holder.get();
            account.saved = FULL;
            account.contested = false;
        }
        account.saved = Math.min(FULL, account.saved + (now - account.asOf));
        account.asOf = now;
        if (account.saved >= FULL / 2) {
            account.contested = false;
        }
        return account;
    }
}

package io.podoffload.binder.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.podoffload.binder.binding.PciAddress;
import io.podoffload.binder.reconcile.Reconciler.Next;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class WorkQueueTest {

    private static final PciAddress ONE = new PciAddress("0000:03:00.2");
    private static final PciAddress OTHER = new PciAddress("0000:03:00.3");

    @Test
    void aVfIsLookedAtOnceForOneEvent() throws Exception {
        BlockingQueue<PciAddress> looks = new ArrayBlockingQueue<>(10);
        try (WorkQueue<PciAddress> queue = new WorkQueue<>("VF", 4, pci -> {
            looks.add(pci);
            return Next.ON_EVENT;
        })) {
            queue.look(ONE);

            assertThat(looks.poll(30, TimeUnit.SECONDS)).isEqualTo(ONE);
            assertThat(looks.poll(200, TimeUnit.MILLISECONDS)).isNull();
        }
    }

    @Test
    void aVfThatChangedIsLookedAtAgainAtOnceAndOneThatWaitsAfterAPause() {
        AtomicInteger looks = new AtomicInteger();
        List<Next> answers = List.of(Next.AT_ONCE, Next.LATER, Next.LATER, Next.ON_EVENT);
        try (WorkQueue<PciAddress> queue = new WorkQueue<>("VF", 4, pci -> answers.get(looks.getAndIncrement()))) {
            queue.look(ONE);

            Awaitility.await().untilAsserted(() -> assertThat(looks).hasValue(4));
        }
    }

    @Test
    void aVfThatChangesForEverIsNotChangedWithoutAPause() throws Exception {
        AtomicInteger looks = new AtomicInteger();
        try (WorkQueue<PciAddress> queue = new WorkQueue<>("VF", 4, pci -> {
            looks.incrementAndGet();
            return Next.AT_ONCE;
        })) {
            queue.look(ONE);

            Awaitility.await().pollDelay(Duration.ofMillis(500)).until(() -> looks.get() > 3);
            assertThat(looks.get()).as("pauses grow from 50 ms").isLessThan(15);
        }
    }

    /** Whoever undoes the binder's changes makes an event each time. */
    @Test
    void aVfThatIsLeftAloneIsLookedAtOnceInASecondHoweverManyEventsCome() {
        List<Long> looks = Collections.synchronizedList(new ArrayList<>());
        try (WorkQueue<PciAddress> queue = new WorkQueue<>("VF", 4, pci -> {
            looks.add(System.nanoTime());
            return Next.LEFT_ALONE;
        })) {
            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .pollInterval(Duration.ofMillis(1))
                    .until(() -> {
                        queue.look(ONE);
                        queue.lookUnlessQuiet(ONE);
                        return looks.size() >= 3;
                    });
            assertThat(Duration.ofNanos(looks.get(2) - looks.get(0))).isGreaterThan(Duration.ofMillis(1_950));
        }
    }

    @Test
    void whatAChangeStirsUpIsNoNewsUntilAPauseIsOver() {
        AtomicInteger looks = new AtomicInteger();
        long begin = System.nanoTime();
        try (WorkQueue<PciAddress> queue = new WorkQueue<>("VF", 4, pci -> {
            looks.incrementAndGet();
            return Next.ON_NEWS;
        })) {
            queue.look(ONE);
            Awaitility.await()
                    .pollInterval(Duration.ofMillis(1))
                    .during(Duration.ofMillis(200))
                    .until(() -> {
                        queue.lookUnlessQuiet(ONE);
                        return true;
                    });
            long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);
            assertThat(looks.get()).as("looks in %d ms", millis).isBetween(1, 2 + (int) millis / 25);
        }
    }

    @Test
    void whatHappensDuringALookThatChangesNothingIsNews() throws Exception {
        CountDownLatch looking = new CountDownLatch(1);
        CountDownLatch mayEnd = new CountDownLatch(1);
        AtomicInteger looks = new AtomicInteger();
        try (WorkQueue<PciAddress> queue = new WorkQueue<>("VF", 4, pci -> {
            if (looks.incrementAndGet() == 1) {
                looking.countDown();
                await(mayEnd);
            }
            return Next.ON_EVENT;
        })) {
            queue.lookUnlessQuiet(ONE);
            looking.await();
            queue.lookUnlessQuiet(ONE);
            mayEnd.countDown();

            Awaitility.await().untilAsserted(() -> assertThat(looks).hasValue(2));
        }
    }

    @Test
    void eventsDuringALookLeadToOneMoreLookAndNeverToTwoAtOnce() throws Exception {
        CountDownLatch looking = new CountDownLatch(1);
        CountDownLatch mayEnd = new CountDownLatch(1);
        AtomicInteger looks = new AtomicInteger();
        AtomicInteger atOnce = new AtomicInteger();
        AtomicInteger mostAtOnce = new AtomicInteger();
        try (WorkQueue<PciAddress> queue = new WorkQueue<>("VF", 4, pci -> {
            mostAtOnce.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
            if (looks.incrementAndGet() == 1) {
                looking.countDown();
                await(mayEnd);
            }
            atOnce.decrementAndGet();
            return Next.ON_EVENT;
        })) {
            queue.look(ONE);
            looking.await();
            for (int event = 0; event < 5; event++) {
                queue.look(ONE);
            }
            mayEnd.countDown();

            Awaitility.await().untilAsserted(() -> assertThat(looks).hasValue(2));
            Awaitility.await().during(Duration.ofMillis(200)).until(() -> looks.get() == 2);
            assertThat(mostAtOnce).hasValue(1);
        }
    }

    @Test
    void oneVfThatHangsDoesNotHoldUpAnother() throws Exception {
        CountDownLatch mayEnd = new CountDownLatch(1);
        CountDownLatch otherSeen = new CountDownLatch(1);
        try (WorkQueue<PciAddress> queue = new WorkQueue<>("VF", 4, pci -> {
            if (pci.equals(ONE)) {
                await(mayEnd);
            } else {
                otherSeen.countDown();
            }
            return Next.ON_EVENT;
        })) {
            queue.look(ONE);
            queue.look(OTHER);

            assertThat(otherSeen.await(30, TimeUnit.SECONDS)).isTrue();
            mayEnd.countDown();
        }
    }

    @Test
    void aLookThatFailsIsTriedAgain() {
        AtomicInteger looks = new AtomicInteger();
        try (WorkQueue<PciAddress> queue = new WorkQueue<>("VF", 4, pci -> {
            if (looks.incrementAndGet() < 3) {
                throw new IllegalStateException("the kubelet is down");
            }
            return Next.ON_EVENT;
        })) {
            queue.look(ONE);

            Awaitility.await().untilAsserted(() -> assertThat(looks).hasValue(3));
        }
    }

    @Test
    void itTellsHowManyVfsAreNotAsTheyShouldBe() {
        try (WorkQueue<PciAddress> queue =
                new WorkQueue<>("VF", 4, pci -> pci.equals(ONE) ? Next.ON_EVENT : Next.LATER)) {
            queue.look(ONE);
            queue.look(OTHER);

            Awaitility.await().untilAsserted(() -> {
                assertThat(queue.unsettled()).isEqualTo(1);
                assertThat(queue.depth()).isZero();
            });
        }
    }

    @Test
    void aVfThatIsNotThereYetIsLookedAtAgainASecondLaterAndCountsAsSettled() throws Exception {
        BlockingQueue<Long> looks = new ArrayBlockingQueue<>(10);
        try (WorkQueue<PciAddress> queue = new WorkQueue<>("VF", 4, pci -> {
            looks.add(System.nanoTime());
            return looks.size() < 2 ? Next.UNTIL_THERE : Next.ON_EVENT;
        })) {
            queue.look(ONE);
            Awaitility.await().until(() -> looks.size() == 2);

            assertThat(queue.unsettled()).isZero();
            long first = looks.take();
            assertThat(Duration.ofNanos(looks.take() - first)).isGreaterThan(Duration.ofMillis(450));
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

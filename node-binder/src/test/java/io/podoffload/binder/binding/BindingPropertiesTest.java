package io.podoffload.binder.binding;

import static io.podoffload.binder.binding.World.IFACE_ID;
import static io.podoffload.binder.binding.World.ORIGINAL;
import static io.podoffload.binder.binding.World.POD_MAC;
import static org.assertj.core.api.Assertions.assertThat;

import io.podoffload.binder.binding.ModelNode.Holder;
import io.podoffload.binder.binding.ModelNode.Netdev;
import io.podoffload.binder.binding.PodNetwork.DefaultRoute;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What must hold from whatever state a node is found in. */
class BindingPropertiesTest {

    private static final int WORLDS = 20_000;
    private static final int ROUNDS = 12;
    private static final Holder NEW = new Holder("uid-new", "aaaaaaaaaaaa1111", "/var/run/netns/cni-new", true);
    private static final Holder LIVING =
            new Holder("uid-living", "bbbbbbbbbbbb2222", "/var/run/netns/cni-living", true);
    private static final Holder DEAD = new Holder("uid-dead", "cccccccccccc3333", "/var/run/netns/cni-dead", false);
    private static final List<Holder> HOLDERS = List.of(NEW, LIVING, DEAD);

    private static long firstSeed;

    @BeforeAll
    static void chooseSeed() {
        firstSeed = Long.getLong("seed", System.nanoTime());
        System.out.println("BindingPropertiesTest: first seed " + firstSeed + "; -Dseed=N repeats it");
    }

    /** A node in any state, and what its VF is for. */
    private record Case(long seed, ModelNode node, Desired desired) {

        static Case random(long seed) {
            Random random = new Random(seed);
            ModelNode node = new ModelNode();
            HOLDERS.forEach(holder -> node.holders.put(holder.podUid(), holder));
            if (random.nextInt(4) == 0) {
                node.representor = pick(random, HOLDERS).sandboxId().substring(0, 12) + "_h";
            }
            node.representorUp = random.nextBoolean();
            node.representorMtu = pick(random, List.of(1500, 1400));
            node.vf = netdev(random);
            node.adminMac = pick(random, List.of(Optional.of(MacAddress.NONE), Optional.of(POD_MAC)));
            node.note = pick(
                    random,
                    List.of(
                            World.NOTE.alias(),
                            World.NOTE.alias(),
                            World.NOTE.asLent().alias(),
                            VfNote.held(mark(pick(random, HOLDERS))).alias(),
                            ""));
            if (random.nextBoolean()) {
                node.rows.put(node.representor, row(random));
            }
            if (random.nextInt(4) == 0) {
                Map<String, String> stray = row(random);
                if (!String.valueOf(stray.get(Port.IFACE_ID))
                        .equals(String.valueOf(node.rows
                                .getOrDefault(node.representor, Map.of())
                                .get(Port.IFACE_ID)))) {
                    node.rows.put("stray_h", stray);
                }
            }
            return new Case(seed, node, desired(random));
        }

        private static @Nullable Netdev netdev(Random random) {
            Holder in = pick(random, HOLDERS);
            if (random.nextInt(8) == 0) {
                return null; // on its way home
            }
            boolean home = !in.alive() || random.nextBoolean();
            String alias = pick(
                    random,
                    List.of(
                            "",
                            "",
                            ORIGINAL.name(),
                            "storage",
                            mark(pick(random, HOLDERS)).alias()));
            return new Netdev(
                    home ? "" : in.netns(),
                    pick(random, List.of(ORIGINAL.name(), "eth0", "net1", "dev7")),
                    pick(random, List.of(1500, 1400)),
                    pick(random, List.of(ORIGINAL.mac(), POD_MAC)),
                    random.nextBoolean(),
                    alias,
                    Set.of(),
                    Set.of());
        }

        private static Map<String, String> row(Random random) {
            Holder holder = pick(random, HOLDERS);
            Map<String, String> ids = new HashMap<>();
            switch (random.nextInt(5)) {
                case 0, 1 -> ids.putAll(mark(holder).externalIds());
                case 2 -> ids.putAll(kubeOvn(holder));
                case 3 -> {
                    ids.putAll(kubeOvn(holder));
                    ids.put(OwnerMark.OWNER, OwnerMark.ADOPTED);
                    ids.put(OwnerMark.POD_UID, holder.podUid());
                    ids.put(OwnerMark.SANDBOX, holder.sandboxId());
                    ids.put(OwnerMark.PCI, ModelNode.PCI.value());
                }
                default -> ids.put("owner", "ovs-cni.network.kubevirt.io");
            }
            if (random.nextInt(3) > 0) {
                ids.put(Port.IFACE_ID, holder == NEW ? IFACE_ID : holder.podUid());
            } else {
                ids.remove(Port.IFACE_ID);
            }
            return ids;
        }

        private static Map<String, String> kubeOvn(Holder holder) {
            return Map.of(
                    "vendor",
                    "kube-ovn",
                    "pod_name",
                    holder.podUid(),
                    "pod_namespace",
                    "default",
                    "pod_netns",
                    holder.netns());
        }

        private static Desired desired(Random random) {
            PodRef pod = new PodRef("default", "new", NEW.podUid());
            return switch (random.nextInt(4)) {
                case 0 -> new Desired.Nothing();
                case 1 -> new Desired.Pending(pod, Reason.WaitingForSandbox, "");
                default -> binding(pod);
            };
        }

        private static Desired.Binding binding(PodRef pod) {
            return new Desired.Binding(
                    pod,
                    NEW.sandboxId(),
                    NEW.netns(),
                    World.binding(DefaultRoute.IF_NONE).network(),
                    Optional.empty(),
                    false);
        }

        private static OwnerMark mark(Holder holder) {
            return new OwnerMark(
                    holder.podUid(), holder.sandboxId(), ModelNode.PCI, holder.netns(), ORIGINAL, World.BOOT);
        }

        private static <T> T pick(Random random, List<T> from) {
            return from.get(random.nextInt(from.size()));
        }
    }

    /** Plans and acts until there is nothing to do; a refusal or a kill ends one round, as in the binder. */
    private static Plan settle(ModelNode node, Desired desired) {
        Plan plan = BindingPlanner.plan(desired, node.observe(desired));
        for (int round = 0; round < ROUNDS && !plan.steps().isEmpty(); round++) {
            try {
                plan.applyTo(node);
            } catch (ModelNode.Killed e) {
                node.killBefore = Integer.MAX_VALUE;
            }
            plan = BindingPlanner.plan(desired, node.observe(desired));
        }
        return plan;
    }

    @Test
    void fromAnyStateThePlansComeToAnEnd() {
        for (int world = 0; world < WORLDS; world++) {
            Case given = Case.random(firstSeed + world);
            String before = given.node().state();

            Plan last = settle(given.node(), given.desired());

            assertThat(last.steps())
                    .as("seed %d, %s, desired %s, done %s", given.seed(), before, given.desired(), given.node().changes)
                    .isEmpty();
        }
    }

    @Test
    void killedBeforeAnyChangeTheBinderEndsInTheSameState() {
        for (int world = 0; world < WORLDS / 4; world++) {
            Case given = Case.random(firstSeed + world);
            ModelNode whole = given.node().copy();
            settle(whole, given.desired());
            for (int kill = 0; kill < whole.changes.size(); kill++) {
                ModelNode killed = given.node().copy();
                killed.killBefore = kill;

                settle(killed, given.desired());

                assertThat(killed.state())
                        .as(
                                "seed %d, killed before change %d of %s, from %s, desired %s",
                                given.seed(), kill, whole.changes, given.node().state(), given.desired())
                        .isEqualTo(whole.state());
            }
        }
    }

    @Test
    void nothingThatAnotherLivePodOwnsIsTouched() {
        for (int world = 0; world < WORLDS; world++) {
            Case given = Case.random(firstSeed + world);
            ModelNode node = given.node();
            Map<String, Map<String, String>> living = new HashMap<>();
            node.rows.forEach((name, ids) -> {
                if (ids.containsValue(LIVING.podUid()) || ids.containsValue(LIVING.netns())) {
                    living.put(name, Map.copyOf(ids));
                }
            });
            Netdev vf = node.vf;
            boolean vfInLivingPod = vf != null && vf.netns().equals(LIVING.netns());

            settle(node, given.desired());

            living.forEach((name, ids) -> assertThat(node.rows.get(name))
                    .as("seed %d, row %s after %s", given.seed(), name, node.changes)
                    .isEqualTo(ids));
            if (vfInLivingPod) {
                assertThat(node.vf)
                        .as("seed %d, after %s", given.seed(), node.changes)
                        .isEqualTo(vf);
            }
        }
    }

    @Test
    void aVfThatNobodyElseHoldsIsBoundAndNothingElseStays() {
        int bound = 0;
        for (int world = 0; world < WORLDS; world++) {
            Case given = Case.random(firstSeed + world);
            Plan last = settle(given.node(), given.desired());
            if (last.reason() == Reason.Bound) {
                bound++;
                ModelNode node = given.node();
                Desired.Binding binding = (Desired.Binding) given.desired();
                Netdev vf = Objects.requireNonNull(node.vf);
                assertThat(vf.netns()).as("seed %d", given.seed()).isEqualTo(binding.netns());
                assertThat(vf.mac()).isEqualTo(POD_MAC);
                assertThat(vf.addresses()).containsAll(binding.network().addresses());
                assertThat(node.adminMac).hasValue(POD_MAC);
                assertThat(node.representorUp).isTrue();
                assertThat(node.rows.values().stream().filter(ids -> IFACE_ID.equals(ids.get(Port.IFACE_ID))))
                        .as("seed %d: one iface-id, one row", given.seed())
                        .hasSize(1);
                assertThat(node.rows.get(node.representor)).containsEntry(Port.IFACE_ID, IFACE_ID);
            }
        }
        assertThat(bound).as("worlds that end bound").isGreaterThan(WORLDS / 10);
    }

    @Test
    void aVfThatIsCalledFreeShowsItsOwnIdentityAndHasNoRow() {
        int free = 0;
        for (int world = 0; world < WORLDS; world++) {
            Case given = Case.random(firstSeed + world);
            Observed first = given.node().observe(given.desired());
            boolean marked =
                    first.mark().isPresent() || first.note().map(VfNote::lent).orElse(false);
            Plan last = settle(given.node(), given.desired());
            if (last.reason() == Reason.Free) {
                free++;
                Netdev vf = Objects.requireNonNull(given.node().vf, "seen at home");
                assertThat(given.node().rows).as("seed %d", given.seed()).doesNotContainKey(given.node().representor);
                assertThat(vf.netns()).isEmpty();
                if (marked) {
                    assertThat(vf.name()).as("seed %d", given.seed()).isEqualTo(ORIGINAL.name());
                    assertThat(vf.mac()).isEqualTo(ORIGINAL.mac());
                    assertThat(vf.mtu()).isEqualTo(ORIGINAL.mtu());
                    assertThat(vf.alias()).isEmpty();
                }
            }
        }
        assertThat(free).as("worlds that end free").isGreaterThan(WORLDS / 50);
    }
}

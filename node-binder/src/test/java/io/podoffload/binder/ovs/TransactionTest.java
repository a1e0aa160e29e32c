package io.podoffload.binder.ovs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/** Replies as ovsdb-server 3.1 gives them. */
class TransactionTest {

    private final JsonMapper json = JsonMapper.shared();

    private Transaction add() {
        return new Transaction("add port rep0", "the-lock")
                .requireBridge("br-int")
                .insertPort("br-int", "rep0", Map.of("k", "v"))
                .durable();
    }

    @Test
    void aPortIsInsertedWithItsInterfaceAndTheBridgesReferenceInOneDurableTransaction() {
        assertThat(add().params()).isEqualTo(json.readTree("""
                ["Open_vSwitch",
                 {"op":"assert","lock":"the-lock"},
                 {"op":"comment","comment":"pod-offload: add port rep0"},
                 {"op":"wait","table":"Bridge","timeout":0,"until":"==","where":[["name","==","br-int"]],
                  "columns":["name"],"rows":[{"name":"br-int"}]},
                 {"op":"insert","table":"Interface","uuid-name":"new_interface",
                  "row":{"name":"rep0","external_ids":["map",[["k","v"]]]}},
                 {"op":"insert","table":"Port","uuid-name":"new_port",
                  "row":{"name":"rep0","interfaces":["named-uuid","new_interface"]}},
                 {"op":"mutate","table":"Bridge","where":[["name","==","br-int"]],
                  "mutations":[["ports","insert",["named-uuid","new_port"]]]},
                 {"op":"commit","durable":true},
                 {"op":"mutate","table":"Open_vSwitch","where":[],"mutations":[["next_cfg","+=",1]]},
                 {"op":"select","table":"Open_vSwitch","where":[],"columns":["next_cfg"]}]"""));
    }

    @Test
    void keysAreDeletedBeforeTheyAreInsertedBecauseInsertDoesNotOverwrite() {
        assertThat(new Transaction("mark", "the-lock")
                        .putExternalIds("rep0", Map.of("iface-id", "p.ns"))
                        .params()
                        .get(3)
                        .path("mutations"))
                .isEqualTo(json.readTree("[[\"external_ids\",\"delete\",[\"set\",[\"iface-id\"]]],"
                        + "[\"external_ids\",\"insert\",[\"map\",[[\"iface-id\",\"p.ns\"]]]]]"));
    }

    private static final String DONE =
            "[{},{},{},{\"uuid\":[\"uuid\",\"1\"]},{\"uuid\":[\"uuid\",\"2\"]},{\"count\":1},{},"
                    + "{\"count\":1},{\"rows\":[{\"next_cfg\":7}]}";

    @Test
    void aTransactionThatMetItsRowsTellsWhichChangeOfTheConfigurationItIs() {
        assertThat(add().check(json.readTree(DONE + "]"))).isEqualTo(7);
    }

    @Test
    void anErrorOfTheCommitIsOneResultMoreThanThereWereOperations() {
        assertThatThrownBy(() -> add().check(json.readTree(
                        DONE + ",{\"error\":\"constraint violation\",\"details\":\"identical values (rep0)\"}]")))
                .isInstanceOf(OvsdbException.class)
                .hasMessage("add port rep0: constraint violation, identical values (rep0)");
    }

    @Test
    void aBridgeThatIsNotThereIsNamedWithTheCure() {
        assertThatThrownBy(() -> add().check(json.readTree("[{},{},{\"error\":\"timed out\","
                        + "\"details\":\"\\\"where\\\" clause test failed\"},null,null,null,null,null,null]")))
                .isInstanceOf(OvsdbException.NoBridge.class)
                .hasMessageContaining("there is no bridge br-int")
                .hasMessageContaining("check that ovn-controller runs");
    }

    @Test
    void aRowThatIsNotWhatItWasIsAConflict() {
        Transaction mark = new Transaction("mark port rep0", "the-lock")
                .requireExternalIds("rep0", Map.of("k", "v"))
                .putExternalIds("rep0", Map.of("k", "w"));

        assertThatThrownBy(() -> mark.check(json.readTree("[{},{},{\"error\":\"timed out\"},null,null,null]")))
                .isInstanceOf(OvsdbException.Conflict.class)
                .hasMessage("mark port rep0: the row was changed by somebody else");
    }

    @Test
    void aMutationThatMetNoRowIsAConflictAndNoSilentSuccess() {
        assertThatThrownBy(() -> add().check(json.readTree(DONE.replaceFirst("\"count\":1", "\"count\":0") + "]")))
                .isInstanceOf(OvsdbException.Conflict.class)
                .hasMessageContaining("the row to change is not there");
    }

    @Test
    void withoutTheLockNothingIsDone() {
        assertThatThrownBy(() -> add().check(json.readTree(
                        "[{\"error\":\"not owner\",\"details\":\"asserted lock the-lock not held\"},null,null]")))
                .isInstanceOf(OvsdbException.NotOwner.class)
                .hasMessageContaining("another node-binder holds the lock");
    }
}

package io.podoffload.binder.ovs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/** Replies as ovsdb-server 3.1 gives them. */
class TransactionTest {

    private final JsonMapper json = JsonMapper.shared();

    private Transaction add() {
        return new Transaction("add port rep0")
                .requireBridge("br-int")
                .insertPort("br-int", "rep0", Map.of("k", "v"))
                .bumpConfig();
    }

    @Test
    void aPortIsInsertedWithItsInterfaceAndTheBridgesReferenceInOneDurableTransaction() {
        assertThat(add().params()).isEqualTo(json.readTree("""
                ["Open_vSwitch",
                 {"op":"comment","comment":"pod-offload: add port rep0"},
                 {"op":"wait","table":"Bridge","timeout":0,"until":"==","where":[["name","==","br-int"]],
                  "columns":["name"],"rows":[{"name":"br-int"}]},
                 {"op":"insert","table":"Interface","uuid-name":"new_interface",
                  "row":{"name":"rep0","external_ids":["map",[["k","v"]]]}},
                 {"op":"insert","table":"Port","uuid-name":"new_port",
                  "row":{"name":"rep0","interfaces":["named-uuid","new_interface"]}},
                 {"op":"mutate","table":"Bridge","where":[["name","==","br-int"]],
                  "mutations":[["ports","insert",["named-uuid","new_port"]]]},
                 {"op":"mutate","table":"Open_vSwitch","where":[],"mutations":[["next_cfg","+=",1]]},
                 {"op":"commit","durable":true}]"""));
    }

    @Test
    void keysAreDeletedBeforeTheyAreInsertedBecauseInsertDoesNotOverwrite() {
        assertThat(new Transaction("mark")
                        .putExternalIds("rep0", Map.of("iface-id", "p.ns"))
                        .params()
                        .get(2)
                        .path("mutations"))
                .isEqualTo(json.readTree("[[\"external_ids\",\"delete\",[\"set\",[\"iface-id\"]]],"
                        + "[\"external_ids\",\"insert\",[\"map\",[[\"iface-id\",\"p.ns\"]]]]]"));
    }

    @Test
    void aTransactionThatMetItsRowsIsFine() {
        assertThatCode(
                        () -> add().check(
                                        json.readTree(
                                                "[{},{},{\"uuid\":[\"uuid\",\"1\"]},{\"uuid\":[\"uuid\",\"2\"]},{\"count\":1},{\"count\":1},{}]")))
                .doesNotThrowAnyException();
    }

    @Test
    void anErrorOfTheCommitIsOneResultMoreThanThereWereOperations() {
        assertThatThrownBy(() -> add().check(json.readTree(
                        "[{},{},{\"uuid\":[\"uuid\",\"1\"]},{\"uuid\":[\"uuid\",\"2\"]},{\"count\":1},{\"count\":1},{},"
                                + "{\"error\":\"constraint violation\",\"details\":\"identical values (rep0)\"}]")))
                .isInstanceOf(OvsdbException.class)
                .hasMessage("add port rep0: constraint violation, identical values (rep0)");
    }

    @Test
    void aWaitThatFailedIsAConflict() {
        assertThatThrownBy(
                        () -> add().check(
                                        json.readTree(
                                                "[{},{\"error\":\"timed out\",\"details\":\"\\\"where\\\" clause test failed\"},null,null,null,null,null]")))
                .isInstanceOf(OvsdbException.Conflict.class);
    }

    @Test
    void aMutationThatMetNoRowIsAConflictAndNoSilentSuccess() {
        assertThatThrownBy(
                        () -> add().check(
                                        json.readTree(
                                                "[{},{},{\"uuid\":[\"uuid\",\"1\"]},{\"uuid\":[\"uuid\",\"2\"]},{\"count\":0},{\"count\":1},{}]")))
                .isInstanceOf(OvsdbException.Conflict.class)
                .hasMessageContaining("the row to change is not there");
    }
}

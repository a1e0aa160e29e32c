package io.podoffload.binder;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import io.podoffload.binder.reconcile.VfWatch;
import java.util.Set;
import org.junit.jupiter.api.Test;

class WallsTest {

    private final JavaClasses classes = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.podoffload.binder");

    @Test
    void thePlannerIsPure() {
        classes()
                .that()
                .resideInAPackage("..binder.binding..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("..binder.binding..", "java.lang..", "java.util..", "java.time..", "org.jspecify..")
                .check(classes);
    }

    @Test
    void whatANicShouldBeAndWhoForwardsPacketsAreDecidedPurely() {
        for (String pure : new String[] {"nic", "offload"}) {
            classes()
                    .that()
                    .resideInAPackage("..binder." + pure + "..")
                    .should()
                    .onlyDependOnClassesThat()
                    .resideInAnyPackage(
                            "..binder." + pure + "..",
                            "..binder.binding..",
                            "java.lang..",
                            "java.util..",
                            "java.time..",
                            "org.jspecify..")
                    .check(classes);
        }
    }

    @Test
    void thePlannerReadsNoClock() {
        noClasses()
                .that()
                .resideInAPackage("..binder.binding..")
                .should()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(java.time.Instant.class, "now")
                .check(classes);
    }

    /** The wall clock jumps, by an hour where chrony first sets it; it serves for what people read only. */
    @Test
    void durationsAreMeasuredByTheMonotonicClock() {
        noClasses()
                .that()
                .haveNameNotMatching(".*\\.(Events|PodStatus|NodeConditions|VfStates|BinderWiring|CommandWiring)")
                .should()
                .dependOnClassesThat()
                .areAssignableTo(java.time.Clock.class)
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(java.time.Instant.class, "now")
                .check(classes);
    }

    @Test
    void adaptersDoNotKnowOneAnother() {
        for (String adapter : new String[] {"kernel", "ovs", "kubelet", "cri", "kube"}) {
            noClasses()
                    .that()
                    .resideInAPackage("..binder." + adapter)
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(othersThan(adapter))
                    .check(classes);
        }
    }

    @Test
    void dataFlowsOneWay() {
        slices().matching("io.podoffload.binder.(*)..")
                .should()
                .beFreeOfCycles()
                .check(classes);
    }

    /** Events wait for the thread that takes them. Only a resync, which has its own, asks for lists. */
    @Test
    void theThreadThatTakesEventsAsksNeitherKubeletNorRuntimeNorApiServer() {
        for (String event : new String[] {"podChanged", "podGone", "sandboxChanged", "portChanged", "linkChanged"}) {
            methods()
                    .that()
                    .areDeclaredIn(VfWatch.class)
                    .and()
                    .haveName(event)
                    .should(callNothingThatWaits())
                    .check(classes);
        }
    }

    private static ArchCondition<JavaMethod> callNothingThatWaits() {
        Set<String> free = Set.of(
                "AllottedVfs.known",
                "AllottedVfs.forget",
                "Sandboxes.forget",
                "Sandboxes.prefetch",
                "Sandboxes.prefetchNetns",
                "UnservedPods.forget");
        Set<String> asking =
                Set.of("AllottedVfs", "Sandboxes", "UnservedPods", "BindingReporter", "PodStatus", "PodResources");
        return new ArchCondition<>("call nothing that waits for somebody") {
            @Override
            public void check(JavaMethod method, ConditionEvents events) {
                method.getCallsFromSelf().stream()
                        .filter(call -> asking.contains(call.getTargetOwner().getSimpleName()))
                        .filter(call -> !free.contains(call.getTargetOwner().getSimpleName() + "." + call.getName()))
                        .forEach(call -> events.add(SimpleConditionEvent.violated(call, call.getDescription())));
            }
        };
    }

    @Test
    void noProgramIsRun() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .areAssignableTo(ProcessBuilder.class)
                .check(classes);
        noClasses().should().callMethod(Runtime.class, "exec", String.class).check(classes);
    }

    private static String[] othersThan(String adapter) {
        return java.util.stream.Stream.of("kernel", "ovs", "kubelet", "cri", "kube", "reconcile")
                .filter(other -> !other.equals(adapter))
                .map(other -> "io.podoffload.binder." + other)
                .toArray(String[]::new);
    }
}

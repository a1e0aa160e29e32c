package io.podoffload.webhook;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class WallsTest {

    private final JavaClasses classes = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.podoffload.webhook");

    @Test
    void theDecisionIsPure() {
        classes()
                .that()
                .resideInAPackage("..webhook.injection..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "..webhook.injection..", "java.lang..", "java.util..", "java.time..", "org.jspecify..")
                .check(classes);
    }

    @Test
    void theDecisionReadsNoClock() {
        noClasses()
                .that()
                .resideInAPackage("..webhook.injection..")
                .should()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(java.time.Instant.class, "now")
                .check(classes);
    }
}

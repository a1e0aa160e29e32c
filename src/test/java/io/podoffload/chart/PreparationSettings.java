package io.podoffload.chart;

import io.podoffload.binder.prepare.PrepareProperties;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.io.ByteArrayResource;

/** The settings file of preparation as the binder reads it. */
final class PreparationSettings {

    private PreparationSettings() {}

    static List<PrepareProperties.Pf> read(String yaml) {
        try {
            return new Binder(ConfigurationPropertySources.from(new YamlPropertySourceLoader()
                            .load("preparation", new ByteArrayResource(yaml.getBytes(StandardCharsets.UTF_8)))))
                    .bind("pod-offload.prepare", PrepareProperties.class)
                    .get()
                    .pfs();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

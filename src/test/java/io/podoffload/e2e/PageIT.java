package io.podoffload.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.podoffload.sim.Browser;
import io.podoffload.sim.CniMode;
import io.podoffload.sim.SimulatedCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The node's page and the cluster's, as a real browser shows them; it keeps screenshots under {@code target/e2e-logs/page}. */
@SuppressWarnings("NullAway.Init") // set before all tests
class PageIT {

    private static final Path FOLDER = Path.of(System.getProperty("project.root"))
            .toAbsolutePath()
            .normalize()
            .resolve("target/e2e-logs/page");

    /** WCAG 2.1, 1.4.3: what text must differ from its background by. */
    private static final double ENOUGH_CONTRAST = 4.5;

    @RegisterExtension
    static final OneNode NODE =
            new OneNode("page", SimulatedCluster.Options.DEFAULT.with(Map.of("pod-offload.proof", "1s")));

    private static final AtomicInteger LAST = new AtomicInteger();
    private static Browser browser;
    private final SimulatedCluster cluster = NODE.cluster();

    /** Where it is, and what its map of VFs links to. */
    enum Page {
        NODE(8081, "/"),
        CLUSTER(8080, "/actuator/cluster");

        private final int port;
        private final String path;

        Page(int port, String path) {
            this.port = port;
            this.path = path;
        }

        private String url() {
            return "http://127.0.0.1:" + port + path;
        }
    }

    @BeforeAll
    static void startBrowser() throws IOException {
        browser = new Browser(Files.createDirectories(FOLDER));
    }

    @AfterAll
    static void stopBrowser() {
        browser.close();
    }

    /** Other names each time: a report shows the pods of before for a while. */
    private final int number = LAST.incrementAndGet();

    private final String name = "web" + number;
    private final String clientName = "client" + number;

    @BeforeEach
    void aPodWithTraffic() {
        cluster.useCni(CniMode.OTHER);
        Pod web = cluster.awaitBound(cluster.create(Pods.labelled(name)), "Bound");
        Pod client = cluster.awaitBound(cluster.create(Pods.labelled(clientName)), "Bound");
        cluster.exec(client, "ping", "-c", "60", "-i", "0.05", Pods.address(web));
    }

    /** When both are shown as bound, and with packets that were looked at. */
    private void openWhenThePodsAreShown(Page page) {
        Awaitility.await()
                .atMost(OneNode.SOON)
                .untilAsserted(() -> assertThat(cluster.ask(page.port, page.path))
                        .containsPattern(rowOf(name))
                        .containsPattern(rowOf(clientName)));
        browser.resize(1280, 900);
        browser.open(page.url());
    }

    /** From the pod's cell to its verdicts, within one row. */
    private static Pattern rowOf(String pod) {
        String rest = "(?:(?!</tr>).)*";
        return Pattern.compile("default/" + pod + "</td>" + rest + ">Bound<" + rest + "NotOffloaded", Pattern.DOTALL);
    }

    @ParameterizedTest
    @EnumSource(Page.class)
    void itShowsFromPodToPortAndWhereThePacketsRun(Page page) {
        openWhenThePodsAreShown(page);
        browser.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)");

        String shown = browser.evaluate("document.body.innerText").asString();

        assertThat(shown)
                .contains("default/" + name, "default/" + clientName, "NotOffloaded", "0000:03:00.2", "Bound", "Free");
        assertThat(browser.evaluate("[...document.querySelectorAll('tbody tr')].map(row => row.innerText).join('\\n')")
                        .asString())
                .as("VF, pod and representor in one row")
                .containsPattern("0000:03:00\\.\\d\\s+default/" + name + "\\s+\\S+\\s+Bound");
        assertThat(browser.evaluate("document.querySelectorAll('polyline').length")
                        .asInt())
                .isPositive();
        assertThat(browser.evaluate("performance.getEntriesByType('resource').length")
                        .asInt())
                .as("nothing from elsewhere")
                .isZero();
    }

    @ParameterizedTest
    @EnumSource(Page.class)
    void eachThemeCanBeRead(Page page) {
        openWhenThePodsAreShown(page);
        for (String scheme : List.of("light", "dark")) {
            browser.prefer(scheme);
            browser.screenshot(FOLDER.resolve("%s-%s.png".formatted(page.name().toLowerCase(), scheme)));

            assertThat(browser.evaluate(LEAST_CONTRAST).asDouble()).as(scheme).isGreaterThan(ENOUGH_CONTRAST);
        }
    }

    /** Of all elements with text of their own; the canvas is what the theme paints behind them. */
    private static final String LEAST_CONTRAST = """
            (() => {
              const light = colour => {
                const [r, g, b] = colour.match(/[\\d.]+/g).map(Number).map(v => v / 255)
                    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
              };
              const probe = document.body.appendChild(document.createElement('i'));
              probe.style.color = 'Canvas';
              const canvas = light(getComputedStyle(probe).color);
              probe.remove();
              return Math.min(...[...document.querySelectorAll('body *')]
                  .filter(one => [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
                  .map(one => light(getComputedStyle(one).color))
                  .map(text => (Math.max(text, canvas) + 0.05) / (Math.min(text, canvas) + 0.05)));
            })()""";

    @ParameterizedTest
    @EnumSource(Page.class)
    void theKeyboardReachesEachVfAndGoesToItsRow(Page page) {
        openWhenThePodsAreShown(page);

        browser.press("Tab");
        assertThat(browser.evaluate("document.activeElement.innerText").asString())
                .as("the first stop is the first VF of the map")
                .contains("0000:03:00.2");
        assertThat(browser.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                        .asString())
                .as("the focus is seen")
                .isEqualTo("solid");
        browser.press("Enter");
        assertThat(browser.evaluate("location.hash").asString()).contains("0000:03:00.2");
        assertThat(browser.evaluate("document.querySelector(':target').innerText")
                        .asString())
                .contains("0000:03:00.2");
    }

    @ParameterizedTest
    @EnumSource(Page.class)
    void aScreenReaderIsToldWhatTheEyesSee(Page page) {
        openWhenThePodsAreShown(page);
        browser.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)");

        List<String> spoken = browser.spoken();

        assertThat(spoken)
                .contains("columnheader Pod", "columnheader Representor", "main")
                .anyMatch(line -> line.startsWith("rowheader 0000:03:00.2"))
                .anyMatch(line -> line.matches("link 0000:03:00.2 *(Bound|Free)"))
                .anyMatch(line -> line.matches("image \\d+ % of the packets in the NIC.*"))
                .anyMatch(line -> line.startsWith("heading "))
                .doesNotContain("link", "image");
        assertThat(browser.evaluate("document.documentElement.lang").asString()).isEqualTo("en");
    }

    @ParameterizedTest
    @EnumSource(Page.class)
    void aNarrowWindowNeedsNoScrollingToTheSide(Page page) {
        openWhenThePodsAreShown(page);
        browser.resize(360, 800);
        browser.screenshot(FOLDER.resolve(page.name().toLowerCase() + "-narrow.png"));

        assertThat(browser.evaluate("document.documentElement.scrollWidth").asInt())
                .isLessThanOrEqualTo(360);
    }
}

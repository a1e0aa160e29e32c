package io.podoffload.webhook.page;

import io.podoffload.webhook.cluster.ReportedNode;
import io.podoffload.webhook.cluster.ReportedNode.ReportedVf;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The cluster as one page of HTML: a section a node, its VFs as a map by PF, who has what, and the share of packets in the NIC.
 * It needs no script and nothing from elsewhere, has a dark and a light theme, and tells by words what it shows by colour.
 */
final class ClusterPage {

    private static final String HEAD = """
            <!doctype html><html lang="en"><head><meta charset="utf-8"><title>Cluster - pod-offload</title>
            <meta name="viewport" content="width=device-width,initial-scale=1"><meta http-equiv="refresh" content="30"><style>
            :root{color-scheme:light dark;--ok:#1a7f37;--wait:#9a6700;--bad:#b42318;--free:#667085;--line:#8884}
            @media (prefers-color-scheme:dark){:root{--ok:#3fb950;--wait:#d29922;--bad:#ff7b72;--free:#98a2b3}}
            body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:80rem;padding:0 1rem}
            h1{font-size:1.4rem}h2{font-size:1.1rem;margin:2rem 0 .3rem}h3{font-size:.9rem;margin:.6rem 0 .2rem;font-weight:600}
            .map{display:flex;flex-wrap:wrap;gap:.25rem;padding:0;margin:0;list-style:none}
            .map a{display:block;border:2px solid currentColor;border-radius:.3rem;padding:0 .35rem;text-decoration:none;font-size:.8rem}
            a:focus-visible,summary:focus-visible{outline:3px solid Highlight;outline-offset:2px}
            .ok{color:var(--ok)}.wait{color:var(--wait)}.bad{color:var(--bad)}.free{color:var(--free)}
            table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid var(--line)}
            svg{display:block;width:16rem;height:2.6rem}polyline{fill:none;stroke:var(--ok);stroke-width:2}line{stroke:var(--line)}
            .scroll{overflow-x:auto}
            </style></head><body><main><h1>VFs of the cluster</h1>
            """;

    /** So many nodes show who has what at once; of more, only those where somebody is needed. */
    private static final int OPEN_AT_FIRST = 8;

    private static final int PLOT_WIDTH = 256;
    private static final int PLOT_HEIGHT = 40;

    private ClusterPage() {}

    static String html(List<ReportedNode> nodes) {
        StringBuilder page =
                new StringBuilder(HEAD).append("<p>").append(summary(nodes)).append("</p>");
        if (nodes.isEmpty()) {
            page.append("<p>No node-binder has reported. Check that its DaemonSet runs on the nodes with NICs:"
                    + " kubectl get daemonsets -A -l app.kubernetes.io/name=pod-offload</p>");
        }
        nodes.forEach(node -> add(page, node, nodes.size() <= OPEN_AT_FIRST || count(node.vfs(), "bad") > 0));
        return page.append("</main></body></html>\n").toString();
    }

    private static String summary(List<ReportedNode> nodes) {
        List<ReportedVf> vfs =
                nodes.stream().flatMap(node -> node.vfs().stream()).toList();
        return "Nodes: %d, VFs: %d. Held by pods: %d, waiting for something: %d, in need of somebody: %d. %s"
                .formatted(
                        nodes.size(),
                        vfs.size(),
                        vfs.stream().filter(vf -> vf.pod() != null).count(),
                        count(vfs, "wait"),
                        count(vfs, "bad"),
                        proofs(vfs));
    }

    private static String proofs(List<ReportedVf> vfs) {
        Map<String, Long> verdicts = vfs.stream()
                .map(ReportedVf::offload)
                .filter(java.util.Objects::nonNull)
                .collect(Collectors.groupingBy(verdict -> verdict, TreeMap::new, Collectors.counting()));
        return verdicts.isEmpty()
                ? "No pod's packets have been looked at yet."
                : "Bound pods: "
                        + verdicts.entrySet().stream()
                                .map(entry -> entry.getValue() + " " + text(entry.getKey()))
                                .collect(Collectors.joining(", "))
                        + ".";
    }

    private static long count(List<ReportedVf> vfs, String severity) {
        return vfs.stream().filter(vf -> vf.severity().equals(severity)).count();
    }

    private static void add(StringBuilder page, ReportedNode node, boolean open) {
        String name = text(node.node());
        page.append("<section aria-labelledby=\"node-%s\"><h2 id=\"node-%s\">%s</h2>".formatted(name, name, name))
                .append(plot(node.shares()));
        Map<String, List<ReportedVf>> byPf = node.vfs().stream()
                .collect(Collectors.groupingBy(
                        vf -> vf.pf() == null ? "PF unknown" : vf.pf(), TreeMap::new, Collectors.toList()));
        byPf.forEach((pf, vfs) -> {
            page.append("<h3>").append(text(pf)).append("</h3><ul class=\"map\">");
            vfs.forEach(vf -> page.append("<li><a class=\"%s\" href=\"#%s\" title=\"%s\">%s %s</a></li>"
                    .formatted(
                            severity(vf),
                            id(vf),
                            text(vf.pod() == null ? "held by no pod" : vf.pod()),
                            text(vf.pci()),
                            text(vf.reason()))));
            page.append("</ul>");
        });
        if (node.leftOut() > 0) {
            page.append("<p>%d more VFs had no room in the node's report; they are on the binder's own page.</p>"
                    .formatted(node.leftOut()));
        }
        page.append("<details%s><summary>Who has what on %s</summary><div class=\"scroll\" tabindex=\"0\"><table>"
                        .formatted(open ? " open" : "", name))
                .append(
                        "<thead><tr><th scope=\"col\">VF</th><th scope=\"col\">Pod</th><th scope=\"col\">Representor</th>")
                .append("<th scope=\"col\">Verdict</th><th scope=\"col\">Packets</th></tr></thead><tbody>");
        node.vfs().forEach(vf -> page.append(row(vf)));
        page.append("</tbody></table></div></details></section>");
    }

    private static String row(ReportedVf vf) {
        return "<tr id=\"%s\"><th scope=\"row\">%s</th><td>%s</td><td>%s</td><td><span class=\"%s\">%s</span><br>%s</td><td>%s</td></tr>"
                .formatted(
                        id(vf),
                        text(vf.pci()),
                        orDash(vf.pod()),
                        orDash(vf.representor()),
                        severity(vf),
                        text(vf.reason()),
                        text(vf.detail()),
                        vf.offload() == null
                                ? "-"
                                : text(vf.offload())
                                        + String.format(Locale.ROOT, ", %.0f %% in the NIC", vf.share() * 100));
    }

    /** The class of its colour; a report says what it likes. */
    private static String severity(ReportedVf vf) {
        return switch (vf.severity()) {
            case "ok", "wait", "bad" -> vf.severity();
            default -> "free";
        };
    }

    private static String id(ReportedVf vf) {
        return text(vf.node() + "-" + vf.pci());
    }

    private static String orDash(@Nullable String value) {
        return value == null ? "-" : text(value);
    }

    /** A line of shares, the newest at the right; looks that saw no packet are left out. */
    private static String plot(List<Double> shares) {
        StringBuilder points = new StringBuilder();
        String label = "No packets of bound pods lately.";
        for (int index = 0; index < shares.size(); index++) {
            double share = shares.get(index);
            if (share >= 0) {
                double x = shares.size() == 1 ? PLOT_WIDTH : index * (double) PLOT_WIDTH / (shares.size() - 1);
                points.append(String.format(Locale.ROOT, "%.0f,%.0f ", x, 2 + (1 - share) * (PLOT_HEIGHT - 4)));
                label = String.format(Locale.ROOT, "%.0f %% of the packets in the NIC when last seen.", share * 100);
            }
        }
        return points.isEmpty()
                ? "<p>" + label + "</p>"
                : "<svg role=\"img\" aria-label=\"%s\" viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\"><line x1=\"0\" y1=\"2\" x2=\"%d\" y2=\"2\"/><line x1=\"0\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/><polyline points=\"%s\"/></svg><p>%s</p>"
                        .formatted(
                                label,
                                PLOT_WIDTH,
                                PLOT_HEIGHT,
                                PLOT_WIDTH,
                                PLOT_HEIGHT - 2,
                                PLOT_WIDTH,
                                PLOT_HEIGHT - 2,
                                points.toString().strip(),
                                label);
    }

    private static String text(String value) {
        return value.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}

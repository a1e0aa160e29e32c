package io.podoffload.binder.page;

import io.podoffload.binder.offload.OffloadVerdict;
import io.podoffload.binder.reconcile.OffloadWatch.OffloadedPod;
import io.podoffload.binder.reconcile.VfStates.VfState;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The node as one page of HTML: a map of its VFs, the chain of each pod, and how many of its packets were in the NIC. It needs no
 * script and nothing from elsewhere, has a dark and a light theme, and tells by words what it shows by colour.
 */
public final class NodePage {

    private static final String STYLE = """
            :root{color-scheme:light dark;--ok:#1a7f37;--wait:#9a6700;--bad:#b42318;--free:#667085;--line:#8884}
            @media (prefers-color-scheme:dark){:root{--ok:#3fb950;--wait:#d29922;--bad:#ff7b72;--free:#98a2b3}}
            body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem}
            h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}
            .map{display:flex;flex-wrap:wrap;gap:.4rem;padding:0;list-style:none}
            .map a{display:block;border:2px solid currentColor;border-radius:.4rem;padding:.3rem .6rem;text-decoration:none;font-size:.85rem}
            .map a:focus-visible{outline:3px solid Highlight;outline-offset:2px}
            .ok{color:var(--ok)}.wait{color:var(--wait)}.bad{color:var(--bad)}.free{color:var(--free)}
            table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid var(--line)}
            caption{text-align:left;font-weight:600;padding:.35rem .6rem}.scroll{overflow-x:auto}
            svg{display:block;width:10rem;height:2.2rem}polyline{fill:none;stroke:var(--ok);stroke-width:2}line{stroke:var(--line)}
            """;

    private static final int PLOT_WIDTH = 160;
    private static final int PLOT_HEIGHT = 34;

    private NodePage() {}

    /** The whole page. */
    public static String html(String node, List<VfState> vfs, List<OffloadedPod> offload) {
        Map<String, OffloadedPod> byPci = offload.stream()
                .collect(Collectors.toMap(OffloadedPod::pci, Function.identity(), (one, other) -> other));
        StringBuilder page = new StringBuilder(8192)
                .append("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>")
                .append(text(node))
                .append(" - pod-offload</title><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">")
                .append("<meta http-equiv=\"refresh\" content=\"10\"><style>")
                .append(STYLE)
                .append("</style></head><body><main><h1>Node ")
                .append(text(node))
                .append("</h1><p>")
                .append(summary(vfs, offload))
                .append("</p><h2 id=\"map\">VFs</h2><ul class=\"map\" aria-labelledby=\"map\">");
        vfs.forEach(vf -> page.append("<li><a class=\"")
                .append(vf.reason().severity())
                .append("\" href=\"#")
                .append(text(vf.pci()))
                .append("\">")
                .append(text(vf.pci()))
                .append("<br>")
                .append(vf.reason())
                .append("</a></li>"));
        page.append(
                        "</ul><h2>Who has what</h2><div class=\"scroll\" tabindex=\"0\"><table><caption>From pod to port</caption>")
                .append(
                        "<thead><tr><th scope=\"col\">VF</th><th scope=\"col\">Pod</th><th scope=\"col\">Representor</th>")
                .append(
                        "<th scope=\"col\">Verdict</th><th scope=\"col\">Packets</th><th scope=\"col\">In the NIC, last looks</th>")
                .append("<th scope=\"col\">Since</th></tr></thead><tbody>");
        for (VfState vf : vfs) {
            OffloadedPod pod = byPci.get(vf.pci());
            page.append("<tr id=\"")
                    .append(text(vf.pci()))
                    .append("\"><th scope=\"row\">")
                    .append(text(vf.pci()))
                    .append("</th><td>")
                    .append(text(vf.pod() == null ? "-" : vf.pod()))
                    .append("</td><td>")
                    .append(text(pod == null ? "-" : pod.representor()))
                    .append("</td><td><span class=\"")
                    .append(vf.reason().severity())
                    .append("\">")
                    .append(vf.reason())
                    .append("</span><br>")
                    .append(text(vf.detail()))
                    .append(
                            vf.reason().settled()
                                    ? ""
                                    : "<br>"
                                            + text(vf.reason().cause() + " "
                                                    + vf.reason().cure()))
                    .append("</td><td>")
                    .append(
                            pod == null
                                    ? "-"
                                    : "<span class=\"" + colour(pod.verdict()) + "\">" + pod.verdict() + "</span>")
                    .append("</td><td>")
                    .append(pod == null ? "" : plot(pod))
                    .append("</td><td>")
                    .append(text(vf.since().toString()))
                    .append("</td></tr>");
        }
        return page.append("</tbody></table></div><p>The same as JSON: <a href=\"/state\">/state</a>; metrics:"
                        + " <a href=\"/actuator/prometheus\">/actuator/prometheus</a>; dependencies:"
                        + " <a href=\"/actuator/health\">/actuator/health</a>.</p></main></body></html>")
                .toString();
    }

    private static String summary(List<VfState> vfs, List<OffloadedPod> offload) {
        long held = vfs.stream().filter(vf -> vf.pod() != null).count();
        long unsettled = vfs.stream().filter(vf -> !vf.reason().settled()).count();
        long proven = offload.stream()
                .filter(pod -> pod.verdict() == OffloadVerdict.Offloaded)
                .count();
        return "%d VFs, %d held by pods, %d not as they should be. Of %d bound pods %d are proven to run in the NIC."
                .formatted(vfs.size(), held, unsettled, offload.size(), proven);
    }

    private static String colour(OffloadVerdict verdict) {
        return switch (verdict) {
            case Offloaded -> "ok";
            case NoTraffic -> "free";
            case PartlyOffloaded -> "wait";
            case NotOffloaded -> "bad";
        };
    }

    /** A line of shares, the newest at the right; looks that saw no packet are left out. */
    private static String plot(OffloadedPod pod) {
        List<Double> shares = pod.shares();
        StringBuilder points = new StringBuilder();
        for (int index = 0; index < shares.size(); index++) {
            double share = shares.get(index);
            if (share >= 0) {
                double x = shares.size() == 1 ? PLOT_WIDTH : index * (double) PLOT_WIDTH / (shares.size() - 1);
                points.append("%.0f,%.0f ".formatted(x, 2 + (1 - share) * (PLOT_HEIGHT - 4)));
            }
        }
        String label = points.isEmpty()
                ? "no packets yet"
                : String.format(Locale.ROOT, "%.0f %% of the packets in the NIC when last seen", pod.share() * 100);
        return "<svg role=\"img\" aria-label=\"%s\" viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\"><line x1=\"0\" y1=\"2\" x2=\"%d\" y2=\"2\"/><line x1=\"0\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/><polyline points=\"%s\"/></svg>%s"
                .formatted(
                        label,
                        PLOT_WIDTH,
                        PLOT_HEIGHT,
                        PLOT_WIDTH,
                        PLOT_HEIGHT - 2,
                        PLOT_WIDTH,
                        PLOT_HEIGHT - 2,
                        points,
                        label);
    }

    private static String text(String value) {
        return value.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}

package io.podoffload.bench;

import io.podoffload.bench.BinderBench.Cost;
import java.util.List;
import java.util.Locale;

/** What one pod costs, by the number of VFs and pods of the node, as an SVG picture: the binder's part and ovs-vswitchd's. */
final class CostPlot {

    private static final int LEFT = 60;
    private static final int TOP = 40;
    private static final int HEIGHT = 220;
    private static final int GROUP = 90;
    private static final int BAR = 28;

    private CostPlot() {}

    static String svg(List<Cost> costs) {
        double most = costs.stream()
                .mapToDouble(cost -> Math.max(cost.binderMillis(), cost.switchMillis()))
                .max()
                .orElse(1);
        int width = LEFT + GROUP * costs.size() + 20;
        StringBuilder svg = new StringBuilder("""
                <svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">
                <rect width="100%%" height="100%%" fill="white"/>
                <text x="%d" y="20">CPU milliseconds to bind and release one pod: \
                <tspan fill="#1f77b4">node-binder</tspan>, <tspan fill="#999999">ovs-vswitchd</tspan></text>
                """.formatted(width, TOP + HEIGHT + 50, LEFT));
        for (int index = 0; index < costs.size(); index++) {
            Cost cost = costs.get(index);
            int x = LEFT + index * GROUP;
            bar(svg, x, cost.binderMillis(), most, "#1f77b4");
            bar(svg, x + BAR + 4, cost.switchMillis(), most, "#999999");
            svg.append("<text x=\"%d\" y=\"%d\">%d VFs</text>%n".formatted(x, TOP + HEIGHT + 18, cost.vfs()));
            svg.append("<text x=\"%d\" y=\"%d\">%d pods</text>%n".formatted(x, TOP + HEIGHT + 34, cost.pods()));
        }
        return svg.append("</svg>\n").toString();
    }

    private static void bar(StringBuilder svg, int x, double millis, double most, String color) {
        double height = HEIGHT * millis / most;
        svg.append(String.format(
                Locale.ROOT,
                "<rect x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"%.1f\" fill=\"%s\"/>%n",
                x,
                TOP + HEIGHT - height,
                BAR,
                height,
                color));
        svg.append(String.format(
                Locale.ROOT, "<text x=\"%d\" y=\"%.1f\">%.0f</text>%n", x, TOP + HEIGHT - height - 4, millis));
    }
}

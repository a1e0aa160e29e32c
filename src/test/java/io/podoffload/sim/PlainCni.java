package io.podoffload.sim;

import java.util.concurrent.atomic.AtomicInteger;

/** Some other primary CNI: gives the pod a veth with an address, and knows nothing of VFs. */
final class PlainCni implements Cni {

    private static final String GATEWAY = "10.88.0.1";

    private final AtomicInteger last = new AtomicInteger(1);

    @Override
    public String add(Request request) {
        String host = hostEnd(request);
        int number = last.incrementAndGet();
        String address = "10.88." + number / 256 % 256 + "." + number % 256;
        Programs.run("ip", "link", "add", host, "type", "veth", "peer", "name", "eth0", "netns", request.netns());
        Programs.run("ip", "link", "set", host, "up");
        Programs.runIn(request.netns(), "ip", "address", "add", address + "/16", "dev", "eth0");
        Programs.runIn(request.netns(), "ip", "link", "set", "eth0", "up");
        Programs.runIn(request.netns(), "ip", "route", "add", "default", "via", GATEWAY, "dev", "eth0");
        return address;
    }

    @Override
    public void delete(Request request) {
        new HostEnd(hostEnd(request)).delete();
    }

    /** The end of a veth that is on the host; the other end goes with it, or went before it with its namespace. */
    record HostEnd(String name) {
        void delete() {
            try {
                Programs.run("ip", "link", "del", name);
            } catch (Programs.ProgramFailed e) {
                if (!String.valueOf(e.getMessage()).contains("Cannot find device")) {
                    throw e;
                }
            }
        }
    }

    private static String hostEnd(Request request) {
        return "veth" + request.containerId().substring(0, 8);
    }
}

"""The least that binding and releasing a VF can cost: the same netlink requests and the same OVSDB transactions as the binder's,
by one process that decides nothing, looks at nothing and verifies nothing. Reads one JSON object a line, answers "done"."""
import ctypes, json, os, socket, struct, sys

libc = ctypes.CDLL(None, use_errno=True)
RTM_NEWLINK, RTM_SETLINK, RTM_NEWADDR, RTM_GETLINK = 16, 19, 20, 18
REQUEST, ACK, CREATE, REPLACE = 1, 4, 0x400, 0x100
IFLA_ADDRESS, IFLA_IFNAME, IFLA_MTU, IFLA_IFALIAS, IFLA_NET_NS_FD = 1, 3, 4, 20, 28
UP = 1


def attribute(kind, value):
    length = 4 + len(value)
    return struct.pack("HH", length, kind) + value + b"\0" * (-length % 4)


def number(kind, value):
    return attribute(kind, struct.pack("I", value))


def text(kind, value):
    return attribute(kind, value.encode() + b"\0")


class Netlink:
    def __init__(self):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        self.socket.bind((0, 0))

    def ask(self, kind, flags, body):
        self.socket.send(struct.pack("IHHII", 16 + len(body), kind, REQUEST | ACK | flags, 1, 0) + body)
        answer = self.socket.recv(65536)
        if struct.unpack_from("H", answer, 4)[0] == 2:
            error = struct.unpack_from("i", answer, 16)[0]
            if error:
                raise OSError(-error, os.strerror(-error))
            return answer
        self.socket.recv(65536)  # the acknowledgement after the object
        return answer

    def index(self, name):
        return struct.unpack_from("i", self.ask(RTM_GETLINK, 0, bytes(16) + text(IFLA_IFNAME, name)), 20)[0]

    def link(self, index, attributes=b"", flags=0, change=0):
        self.ask(RTM_NEWLINK, 0, struct.pack("BxHiII", 0, 0, index, flags, change) + attributes)


class Ovsdb:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.buffer = ""
        self.decoder = json.JSONDecoder()

    def transact(self, *operations):
        count = {"op": "mutate", "table": "Open_vSwitch", "where": [], "mutations": [["next_cfg", "+=", 1]]}
        request = {"id": 1, "method": "transact", "params": ["Open_vSwitch", *operations, count]}
        self.socket.sendall(json.dumps(request).encode())
        while True:
            try:
                message, end = self.decoder.raw_decode(self.buffer)
                self.buffer = self.buffer[end:]
                if message.get("method") == "echo":
                    self.socket.sendall(json.dumps({"id": message["id"], "result": [], "error": None}).encode())
                elif message.get("id") == 1:
                    return message["result"]
            except ValueError:
                self.buffer += self.socket.recv(65536).decode()


def pairs(ids):
    return ["map", [[key, value] for key, value in ids.items()]]


def mac(value):
    return bytes.fromhex(value.replace(":", ""))


def put(ovsdb, name, ids):
    ovsdb.transact({"op": "mutate", "table": "Interface", "where": [["name", "==", name]], "mutations": [
        ["external_ids", "delete", ["set", list(ids)]], ["external_ids", "insert", pairs(ids)]]})


def bind(host, ovsdb, job):
    representor, vf = job["representor"], job["vf"]
    ovsdb.transact(
        {"op": "insert", "table": "Interface", "uuid-name": "i", "row": {"name": representor, "external_ids": pairs(job["ids"])}},
        {"op": "insert", "table": "Port", "uuid-name": "p", "row": {"name": representor, "interfaces": ["named-uuid", "i"]}},
        {"op": "mutate", "table": "Bridge", "where": [["name", "==", "br-int"]],
         "mutations": [["ports", "insert", ["named-uuid", "p"]]]},
        {"op": "commit", "durable": True})
    index = host.index(vf)
    host.link(index, text(IFLA_IFALIAS, job["alias"]))
    fd = os.open(job["netns"], os.O_RDONLY | os.O_CLOEXEC)
    host.link(index, number(IFLA_NET_NS_FD, fd) + text(IFLA_IFNAME, "net1") + number(IFLA_MTU, job["mtu"])
              + attribute(IFLA_ADDRESS, mac(job["mac"])))
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    libc.setns(fd, 0x40000000)
    inside = Netlink()
    libc.setns(home, 0x40000000)
    index = inside.index("net1")
    inside.link(index, flags=UP, change=UP)
    address = socket.inet_aton(job["ip"])
    inside.ask(RTM_NEWADDR, CREATE | REPLACE,
               struct.pack("BBBBi", 2, 16, 0, 0, index) + attribute(2, address) + attribute(1, address))
    for descriptor in (fd, home):
        os.close(descriptor)
    inside.socket.close()
    put(ovsdb, representor, {"iface-id": job["ifaceId"]})
    host.link(host.index(representor), number(IFLA_MTU, job["mtu"]), UP, UP)


def release(host, ovsdb, job):
    representor = job["representor"]
    host.link(host.index(representor), flags=0, change=UP)
    index = host.index(job["shown"])
    host.link(index, flags=0, change=UP)
    host.link(index, text(IFLA_IFNAME, job["vf"]) + number(IFLA_MTU, 1500) + attribute(IFLA_ADDRESS, mac(job["vfMac"])))
    host.link(index, text(IFLA_IFALIAS, ""))
    ovsdb.transact({"op": "wait", "table": "Interface", "timeout": 5000, "until": "==", "columns": ["name"], "rows": [],
                    "where": [["name", "==", representor], ["admin_state", "==", "up"]]})
    uuid = ovsdb.transact({"op": "select", "table": "Port", "where": [["name", "==", representor]], "columns": ["_uuid"]})[0]
    port = uuid["rows"][0]["_uuid"]
    ovsdb.transact({"op": "mutate", "table": "Bridge", "where": [["ports", "includes", port]],
                    "mutations": [["ports", "delete", port]]})


def main():
    host, ovsdb = Netlink(), Ovsdb(sys.argv[1])
    for line in sys.stdin:
        job = json.loads(line)
        (bind if job["do"] == "bind" else release)(host, ovsdb, job)
        print("done", flush=True)


main()

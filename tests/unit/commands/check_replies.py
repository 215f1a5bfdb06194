#!/usr/bin/env python3
"""A man in the middle who holds every reply against the schema of its command.

    check_replies.py LISTEN_PORT HOST:PORT REPORT

Clients connect to 127.0.0.1:LISTEN_PORT (0: a free port), bytes go to the server and back unchanged. The port is
printed on the first line. SIGTERM or SIGINT ends it: REPORT then holds one line for each kind of misfit (count,
command, protocol, why, an example), and on standard output stands how many replies of how many commands were checked.
Exits 1 if there was a misfit. A REPORT of "-" goes to standard output.

Only what answers a command is checked. A connection that subscribes, monitors, syncs or switches replies off passes
through unchecked from there on.
"""
import asyncio
import collections
import os
import signal
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import sample_commands  # noqa: E402
sys.path.insert(0, os.path.join(sample_commands.ROOT, "common", "commands"))
import reply_schema  # noqa: E402

UNCHECKED_FROM = {"subscribe", "psubscribe", "ssubscribe", "monitor", "sync", "psync", "client|reply"}


class Stream:
    """Cuts a stream of bytes into RESP values."""

    def __init__(self):
        self.data = b""

    def feed(self, data):
        self.data += data
        values, pos = [], 0
        while pos < len(self.data):
            end = self.length(pos)
            if end is None:
                break
            values.append(self.data[pos:end])
            pos = end
        self.data = self.data[pos:]
        return values

    def length(self, pos):
        """Where the value that begins at pos ends; None: not there yet."""
        left = 1
        while left:
            line = self.data.find(b"\r\n", pos)
            if line < 0:
                return None
            tag = self.data[pos:pos + 1]
            if tag in (b"$", b"=", b"!"):
                size = int(self.data[pos + 1:line])
                line += size + 2 if size >= 0 else 0
                if line + 2 > len(self.data):
                    return None
            elif tag in (b"*", b"~", b">"):
                left += max(0, int(self.data[pos + 1:line]))
            elif tag in (b"%", b"|"):
                left += 2 * int(self.data[pos + 1:line]) + (tag == b"|")
            pos, left = line + 2, left - 1
        return pos


class Commands:
    """Cuts what a client sends into commands, inline ones included."""

    def __init__(self):
        self.stream = Stream()

    def feed(self, data):
        out = []
        for value in self.stream.feed(data):
            if value[:1] == b"*":
                items = reply_schema.parse_reply(value)[0][1]
                if items:
                    out.append([v for _, v in items])
            elif value.strip():
                out.append(value.split())
        return out


class Checker:
    def __init__(self):
        self.table = sample_commands.specs()
        self.checked = collections.Counter()
        self.misfits = {}

    def name(self, argv):
        first = argv[0].decode("latin1").lower()
        if first in self.table and self.table[first]["subcommands"] and len(argv) > 1:
            full = first + "|" + argv[1].decode("latin1").lower()
            return full if full in self.table else first
        return first

    def check(self, argv, raw, proto):
        name = self.name(argv)
        spec = self.table.get(name)
        if spec is None or spec["schema"] is None:
            return
        reply = reply_schema.parse_reply(raw)[0]
        if reply[0] in "-!":
            return
        self.checked[name] += 1
        why = reply_schema.check(spec["schema"], reply, proto)
        if why:
            key = (name, proto)
            count, first = self.misfits.get(key, (0, "%s: %s %.200r" % (why, b" ".join(argv)[:100], raw)))
            self.misfits[key] = (count + 1, first)

    def report(self, path):
        out = sys.stdout if path == "-" else open(path, "w", encoding="utf-8")
        for (name, proto), (count, first) in sorted(self.misfits.items()):
            out.write("%d\t%s\tRESP%d\t%s\n" % (count, name, proto, first))
        out.flush()
        print("%d replies of %d commands checked, %d kinds of misfit" % (
            sum(self.checked.values()), len(self.checked), len(self.misfits)))
        return 1 if self.misfits else 0


class Connection:
    def __init__(self, checker):
        self.checker = checker
        self.commands, self.replies = Commands(), Stream()
        self.waiting = collections.deque()
        self.proto = 2
        self.checking = True

    def sent(self, data):
        if not self.checking:
            return
        try:
            for argv in self.commands.feed(data):
                if self.checker.name(argv) in UNCHECKED_FROM:
                    self.checking = False
                    return
                self.waiting.append(argv)
        except ValueError:  # a test of protocol errors
            self.checking = False

    def received(self, data):
        if not self.checking:
            return
        try:
            values = self.replies.feed(data)
        except ValueError:
            self.checking = False
            return
        for raw in values:
            if raw[:1] == b">" or not self.waiting:
                continue
            argv = self.waiting.popleft()
            name = self.checker.name(argv)
            if name == "hello" and raw[:1] in b"%*":
                self.proto = 3 if raw[:1] == b"%" else 2
            if name == "reset" and raw[:1] == b"+":
                self.proto = 2
            self.checker.check(argv, raw, self.proto)


async def pump(reader, writer, seen):
    try:
        while data := await reader.read(1 << 16):
            seen(data)
            writer.write(data)
            await writer.drain()
    except (ConnectionError, asyncio.CancelledError):
        pass
    finally:
        writer.close()


async def serve(port, host, server_port, checker, done):
    async def accept(reader, writer):
        connection = Connection(checker)
        try:
            up_reader, up_writer = await asyncio.open_connection(host, server_port, limit=1 << 20)
        except OSError:
            writer.close()
            return
        await asyncio.gather(pump(reader, up_writer, connection.sent), pump(up_reader, writer, connection.received))

    server = await asyncio.start_server(accept, "127.0.0.1", port)
    print(server.sockets[0].getsockname()[1], flush=True)
    await done.wait()
    server.close()


async def run(argv):
    host, _, server_port = argv[2].rpartition(":")
    checker, done = Checker(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, done.set)
    await serve(int(argv[1]), host, int(server_port), checker, done)
    return checker.report(argv[3])


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(asyncio.run(run(sys.argv)))

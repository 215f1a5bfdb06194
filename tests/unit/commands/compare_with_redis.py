#!/usr/bin/env python3
"""Compares what Torc says about commands with what a Redis 7.0 says, for every command that Redis knows.

    compare_with_redis.py TORC REDIS     two running servers, HOST:PORT or the path of a Unix socket
    compare_with_redis.py --json REDIS   the specs instead of a running Torc
    compare_with_redis.py --start [TORC] starts a private redis-server (and ends it), then as above; TORC may also be a
                                         program, which is started and ended too

COMMAND, INFO, DOCS (all but summaries, which are our own words), LIST with its filters, COUNT, GETKEYS and
GETKEYSANDFLAGS of fixed and of random commands. Torc follows 7.2: where that differs, since_7_0.tsv says in what and
why, and a line there that no longer shows a difference is an error too. Ends in "N passed, N failed".
"""
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import sample_commands  # noqa: E402
sys.path.insert(0, os.path.join(sample_commands.ROOT, "common", "commands"))
import reply_schema  # noqa: E402

SAMPLES = ["get k", "get a b", "nosuch a", "config get x", "config nosuch x", "object encoding k", "mget a b c",
           "mset a b c d", "mset a b c", "set a b", "set a b get", "set a b ex 3 GET", "bitfield a get u8 0",
           "bitfield a get u8 0 set u8 0 1", "bitfield a overflow", "sort k by x* get y* store d", "sort k store",
           "sort k store a store b", "sort k limit 0", "sort k store limit a store d", "sort_ro k by x",
           "migrate h 1 k 0 100", "migrate h 1 k 0 100 keys a", "xread count 1 streams a b 0 0", "xread streams a b 0",
           "xread block streams a", "xread count 2 a b c", "xreadgroup group g c streams a >", "eval s 0", "eval s -1 a",
           "eval s 2 a b c", "eval s x", "fcall f 1 a b", "zunionstore d 0 b", "zunionstore d x b", "zunionstore d 3 b",
           "zinter 99999999999999999999 a", "georadius a 1 1 1 m store d storedist e",
           "georadius a 1 1 1 m store", "georadius a 1 1 1 m count store store d", "publish c m", "spublish c m",
           "ssubscribe a b", "del a a", "memory usage k", "xgroup create k g $", "restore-asking k 0 x", "ping x",
           "debug object k", "pfdebug x k", "blpop a b 0", "lmove a b left right", "watch a b", "command count"]


class Server:
    def __init__(self, address, proto):
        host, _, port = address.rpartition(":")
        if "/" in address:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(20)
            self.socket.connect(address)
        else:
            self.socket = socket.create_connection((host, int(port)), timeout=20)
        self.buffer = b""
        self.call("HELLO", str(proto))

    def call(self, *argv):
        parts = [a.encode() for a in argv]
        self.socket.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts))
        while True:
            try:
                reply, end = reply_schema.parse_reply(self.buffer)
                if end <= len(self.buffer):
                    self.buffer = self.buffer[end:]
                    return reply
            except (ValueError, IndexError):
                pass
            data = self.socket.recv(1 << 20)
            if not data:
                raise SystemExit("the server closed the connection at %s" % " ".join(argv))
            self.buffer += data


def plain(reply):
    """A RESP3 reply as Python values; sets sorted, types kept where they tell something apart."""
    tag, value = reply
    if tag == "%":
        return {plain(k): plain(v) for k, v in value}
    if tag == "~":
        return ("set", sorted((plain(v) for v in value), key=repr))
    if tag == "*":
        return [plain(v) for v in value]
    if tag == "+":
        return "+" + value.decode()
    if tag == "$":
        return value.decode()
    return value if tag == ":" else (tag, value)


def as_resp2(reply):
    """What a RESP3 reply is in RESP2."""
    tag, value = reply
    if tag == "%":
        return ("*", [as_resp2(x) for pair in value for x in pair])
    if tag in "~*>":
        return ("*", [as_resp2(x) for x in value])
    if tag == "_":
        return ("$", None)
    return reply


def info_of(reply):
    """name -> fields of COMMAND INFO, subcommands too."""
    out = {}
    for entry in reply:
        subs = entry[9] if isinstance(entry[9], list) else []
        out[entry[0]] = dict(zip(("arity", "flags", "first", "last", "step", "acl", "tips", "keys"), entry[1:9]))
        out[entry[0]]["subcommands"] = ("set", []) if not subs else sorted(s[0] for s in subs)
        out.update(info_of(subs))
    return out


def docs_of(reply):
    out = {}
    for name, docs in reply.items():
        docs = dict(docs)
        subs = docs.pop("subcommands", {})
        docs.pop("summary", None)
        out[name] = docs
        out.update(docs_of(subs))
    return out


def info_of_json(table):
    tagged = lambda words: ("set", sorted(("+" + w for w in words), key=repr))  # noqa: E731
    out = {}
    for name, spec in table.items():
        keys = [dict(k, flags=tagged(k["flags"])) for k in spec["keys"]]
        out[name] = {"arity": spec["arity"], "flags": tagged(spec["flags"]), "first": spec["legacy"][0],
                     "last": spec["legacy"][1], "step": spec["legacy"][2], "acl": tagged(spec["acl"]),
                     "tips": ("set", sorted(spec["tips"], key=repr)), "keys": ("set", sorted(keys, key=repr)),
                     "subcommands": sorted(spec["subcommands"]) or ("set", [])}
    return out


def docs_of_json(table):
    tagged = lambda words: ("set", sorted("+" + w for w in words))  # noqa: E731

    def argument(a):
        a = dict(a)
        if "flags" in a:
            a["flags"] = tagged(a["flags"])
        if "arguments" in a:
            a["arguments"] = [argument(x) for x in a["arguments"]]
        return a

    out = {}
    for name, spec in table.items():
        docs = {k: v for k, v in spec["docs"].items() if k != "summary"}
        if "doc_flags" in docs:
            docs["doc_flags"] = tagged(docs["doc_flags"])
        if "history" in docs:
            docs["history"] = ("set", sorted(docs["history"], key=repr))
        if "arguments" in docs:
            docs["arguments"] = [argument(a) for a in docs["arguments"]]
        out[name] = docs
    return out


def without(arguments, *fields):
    """Argument trees without these fields, at any depth."""
    return [{k: without(v, *fields) if k == "arguments" else v for k, v in a.items() if k not in fields}
            for a in arguments]


class Comparison:
    def __init__(self):
        self.declared, self.used, self.failures, self.compared = {}, set(), [], 0
        with open(os.path.join(HERE, "since_7_0.tsv"), encoding="utf-8") as f:
            for line in f:
                if line.strip() and not line.startswith("#"):
                    command, field, reason = line.rstrip("\n").split("\t")
                    self.declared[command, field] = reason

    def same(self, command, field, torc, redis):
        self.compared += 1
        if torc == redis:
            return
        if (command, field) in self.declared:
            self.used.add((command, field))
            return
        self.failures.append("%s %s\n    torc:  %r\n    redis: %r" % (command, field, torc, redis))

    def arguments(self, command, torc, redis):
        """display_text came with 7.2. With it many arguments got other names, which nothing but manuals show."""
        torc, redis = without(torc, "display_text"), without(redis, "display_text")
        if torc == redis:
            return
        if (command, "names") in self.declared:
            self.used.add((command, "names"))
            torc, redis = without(torc, "name"), without(redis, "name")
        self.same(command, "arguments", torc, redis)

    def tables(self, torc_info, torc_docs, redis_info, redis_docs):
        for name, theirs in redis_info.items():
            if name not in torc_info:
                self.same(name, "missing", None, name)
                continue
            for field, value in theirs.items():
                mine = torc_info[name][field]
                if field == "subcommands" and isinstance(value, list):
                    mine = [s for s in mine if s in value]  # those that Redis knows
                self.same(name, field, mine, value)
            docs, their_docs = torc_docs[name], redis_docs[name]
            self.arguments(name, docs.get("arguments", []), their_docs.get("arguments", []))
            for field in sorted(set(docs) | set(their_docs)):
                if field != "arguments":
                    self.same(name, field, docs.get(field), their_docs.get(field))
        for key in sorted(set(self.declared) - self.used):
            if key[1] != "getkeys":
                self.failures.append("since_7_0.tsv: %s %s: there is no such difference" % key)

    def replies(self, torc, redis, names):
        """Replies of the servers to the other forms of the command."""
        for text in SAMPLES:
            for form in ("GETKEYS", "GETKEYSANDFLAGS"):
                argv = ["COMMAND", form] + text.split(" ")
                self.reply(argv, torc, redis)
        grammar = sample_commands.Grammar.load(1)
        for name in sorted(set(grammar.names()) & names):
            if (name, "arity") in self.declared or (name, "arguments") in self.declared:
                continue
            for _ in range(20):
                self.reply(["COMMAND", "GETKEYSANDFLAGS"] + grammar.command(name), torc, redis)
        for text in ("INFO get nosuch config|get CONFIG|GET config|get|x | get|", "DOCS nosuch", "LIST bad",
                     "LIST FILTERBY bad x", "LIST FILTERBY ACLCAT", "LIST FILTERBY MODULE none",
                     "LIST FILTERBY ACLCAT none", "LIST FILTERBY PATTERN config|*re*", "LIST FILTERBY PATTERN get*",
                     "LIST FILTERBY PATTERN cl*help", "COUNT x", "NOSUCH"):
            self.reply(["COMMAND"] + text.split(" "), torc, redis, names)
        for category in plain(redis.call("ACL", "CAT")):
            self.reply(["COMMAND", "LIST", "FILTERBY", "ACLCAT", category], torc, redis, names)
        self.reply(["COMMAND", "LIST"], torc, redis, names)

    def reply(self, argv, torc, redis, names=None):
        if argv[1].startswith("GETKEYS") and len(argv) < 4:
            return  # since 7.2 a command of one word may be asked about: its arity is declared
        mine, theirs = torc.call(*argv), redis.call(*argv)
        mine, theirs = (plain(mine), plain(theirs)) if mine[0] != "-" and theirs[0] != "-" else (mine, theirs)
        if names is not None and "LIST" in argv and isinstance(mine, list):
            mine, theirs = sorted(n for n in mine if n in names), sorted(theirs)
        self.same(" ".join(argv), "reply", mine, theirs)


def protocols_agree(comparison, address):
    """RESP2 is RESP3 flattened, in every COMMAND reply of Torc."""
    two, three = Server(address, 2), Server(address, 3)
    for argv in (["COMMAND"], ["COMMAND", "DOCS"], ["COMMAND", "INFO", "get", "nosuch"],
                 ["COMMAND", "GETKEYSANDFLAGS", "set", "a", "b"]):
        comparison.same(" ".join(argv), "RESP2", two.call(*argv), as_resp2(three.call(*argv)))


def compare(torc_address, redis_address):
    comparison = Comparison()
    redis = Server(redis_address, 3)
    redis_info, redis_docs = info_of(plain(redis.call("COMMAND"))), docs_of(plain(redis.call("COMMAND", "DOCS")))
    if torc_address is None:
        table = sample_commands.specs()
        comparison.tables(info_of_json(table), docs_of_json(table), redis_info, redis_docs)
    else:
        torc = Server(torc_address, 3)
        top = plain(torc.call("COMMAND"))
        comparison.same("COMMAND COUNT", "reply", plain(torc.call("COMMAND", "COUNT")), len(top))
        comparison.tables(info_of(top), docs_of(plain(torc.call("COMMAND", "DOCS"))), redis_info, redis_docs)
        comparison.replies(torc, redis, set(redis_info))
        protocols_agree(comparison, torc_address)
    for text in comparison.failures:
        print(text)
    print("%d commands and subcommands of Redis, %d declared differences" % (len(redis_info), len(comparison.declared)))
    print("%d passed, %d failed" % (comparison.compared - len(comparison.failures), len(comparison.failures)))
    return 1 if comparison.failures else 0


class Private:
    """A server of our own on a Unix socket, for as long as the with block lasts."""

    def __init__(self, program):
        self.folder = tempfile.mkdtemp()
        self.path = os.path.join(self.folder, "socket")
        self.process = subprocess.Popen([program, "--port", "0", "--unixsocket", self.path, "--save", "", "--dir",
                                         self.folder], stdout=subprocess.DEVNULL)

    def __enter__(self):
        for _ in range(400):
            if self.process.poll() is not None:
                raise SystemExit("%s ended with %d" % (self.process.args[0], self.process.returncode))
            try:
                Server(self.path, 3)
                return self.path
            except OSError:
                time.sleep(0.05)
        raise SystemExit("%s does not listen" % self.process.args[0])

    def __exit__(self, *unused):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder)


def with_private_servers(torc):
    with Private("redis-server") as redis_path:
        if torc and os.path.isfile(torc):
            with Private(os.path.abspath(torc)) as torc_path:
                return compare(torc_path, redis_path)
        return compare(torc, redis_path)


def main(argv):
    if argv[1:2] == ["--start"] and len(argv) <= 3:
        return with_private_servers(argv[2] if len(argv) == 3 else None)
    if len(argv) != 3:
        sys.exit(__doc__)
    return compare(None if argv[1] == "--json" else argv[1], argv[2])


if __name__ == "__main__":
    sys.exit(main(sys.argv))

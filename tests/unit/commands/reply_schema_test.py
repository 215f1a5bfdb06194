#!/usr/bin/env python3
"""The checkers of reply schemas: what fits, what does not, and that the one in Tcl agrees with the one in Python.

Prints "N passed, N failed" at the end."""
import os
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import sample_commands  # noqa: E402
COMMANDS = os.path.join(sample_commands.ROOT, "common", "commands")
sys.path.insert(0, COMMANDS)
import reply_schema  # noqa: E402

# command, the reply in RESP2, in RESP3, whether it fits
CASES = [
    ("get", b"$1\r\nx\r\n", b"$1\r\nx\r\n", True),
    ("get", b"$-1\r\n", b"_\r\n", True),
    ("get", b":1\r\n", b":1\r\n", False),
    ("get", b"-ERR x\r\n", b"-ERR x\r\n", True),
    ("get", b"+QUEUED\r\n", b"+QUEUED\r\n", True),
    ("set", b"+OK\r\n", b"+OK\r\n", True),
    ("set", b"+NO\r\n", b"+NO\r\n", False),
    ("del", b":0\r\n", b":0\r\n", True),
    ("del", b":-1\r\n", b":-1\r\n", False),
    ("expire", b":1\r\n", b":1\r\n", True),
    ("expire", b":2\r\n", b":2\r\n", False),
    ("mget", b"*2\r\n$1\r\na\r\n$-1\r\n", b"*2\r\n$1\r\na\r\n_\r\n", True),
    ("mget", b"*1\r\n:1\r\n", b"*1\r\n:1\r\n", False),
    ("time", b"*2\r\n$1\r\n1\r\n$1\r\n2\r\n", b"*2\r\n$1\r\n1\r\n$1\r\n2\r\n", True),
    ("time", b"*1\r\n$1\r\n1\r\n", b"*1\r\n$1\r\n1\r\n", False),
    ("hgetall", b"*2\r\n$1\r\na\r\n$1\r\nb\r\n", b"%1\r\n$1\r\na\r\n$1\r\nb\r\n", True),
    ("hgetall", b"*1\r\n$1\r\na\r\n", b"%1\r\n:1\r\n$1\r\na\r\n", False),
    ("smembers", b"*1\r\n$1\r\na\r\n", b"~1\r\n$1\r\na\r\n", True),
    ("smembers", b"*1\r\n:1\r\n", b"~1\r\n:1\r\n", False),
    ("zscore", b"$3\r\n1.5\r\n", b",1.5\r\n", True),
    ("zscore", b"$1\r\nx\r\n", b",x\r\n", False),
    ("zrange", b"*2\r\n$1\r\na\r\n$1\r\n1\r\n", b"*1\r\n*2\r\n$1\r\na\r\n,1\r\n", True),
    ("zrange", b"*0\r\n", b"*0\r\n", True),
    ("blpop", b"*-1\r\n", b"_\r\n", True),
    ("info", b"$1\r\nx\r\n", b"=5\r\ntxt:x\r\n", True),
    ("subscribe", b"*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n", b">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n", True),
    ("subscribe", b"*3\r\n$3\r\nodd\r\n$1\r\na\r\n:1\r\n", b">3\r\n$3\r\nodd\r\n$1\r\na\r\n:1\r\n", False),
    ("lcs", b"*4\r\n$7\r\nmatches\r\n*0\r\n$3\r\nlen\r\n:0\r\n", b"%2\r\n$7\r\nmatches\r\n*0\r\n$3\r\nlen\r\n:0\r\n",
     True),
    ("lcs", b"*4\r\n$7\r\nmatches\r\n*0\r\n$3\r\nodd\r\n:0\r\n", b"%2\r\n$7\r\nmatches\r\n*0\r\n$3\r\nodd\r\n:0\r\n",
     False),
    ("lcs", b"*2\r\n$7\r\nmatches\r\n*0\r\n", b"%1\r\n$7\r\nmatches\r\n*0\r\n", False),
    ("command|docs", b"*0\r\n", b"%0\r\n", True),
    ("client|reply", b":1\r\n", b":1\r\n", False),
]
# What a checker that knows the protocol must refuse: the other protocol's way.
WRONG_PROTOCOL = [("hgetall", 3, b"*0\r\n"), ("smembers", 2, b"~0\r\n"), ("zscore", 3, b"$1\r\n1\r\n"),
                  ("get", 3, b"$-1\r\n"), ("get", 2, b"_\r\n"), ("info", 3, b"$1\r\nx\r\n")]
BAD_SCHEMAS = ["", "blob", "array bulk", "array of", "[bulk", "{name bulk}", "bulk |", "map of bulk", "int >=x", "bulk )"]
TCL_TYPES = {"+": "simple", "-": "error", ":": "number", "$": "bulk", "*": "array", "%": "map", "~": "set", ">": "push",
             ",": "double", "#": "boolean", "(": "bignum", "=": "verbatim", "!": "bulkerror", "_": "null"}


def tcl_tree(reply):
    """The reply as a Tcl word: {type value}."""
    tag, value = reply
    if value is None:
        return "{null {}}"
    if tag == "%":
        value = [x for pair in value for x in pair]
    if tag in "*%~>":
        return "{%s {%s}}" % (TCL_TYPES[tag], " ".join(map(tcl_tree, value)))
    text = str(value) if tag == ":" else value.decode()
    return "{%s {%s}}" % (TCL_TYPES[tag], text)


def tcl_answers():
    """Whether each case fits, as the checker in Tcl says, RESP2 and RESP3 in turn."""
    script = ["source %s" % os.path.join(COMMANDS, "reply_schema.tcl"), "reply_schema::load"]
    for name, two, three, _ in CASES:
        for raw in (two, three):
            tree = tcl_tree(reply_schema.parse_reply(raw)[0])
            script.append("puts [expr {[reply_schema::misfit {%s} %s] eq {}}]" % (name.replace("|", " "), tree))
    out = subprocess.run(["tclsh8.6"], input="\n".join(script), stdout=subprocess.PIPE, check=True, text=True).stdout
    return [line == "1" for line in out.split()]


def main():
    table = sample_commands.specs()
    passed = failed = 0

    def expect(what, got, wanted):
        nonlocal passed, failed
        if got == wanted:
            passed += 1
        else:
            failed += 1
            print("%s: %r, expected %r" % (what, got, wanted))

    for name, two, three, fits in CASES:
        for proto, raw in ((2, two), (3, three)):
            why = reply_schema.check(table[name]["schema"], reply_schema.parse_reply(raw)[0], proto)
            expect("%s RESP%d %r" % (name, proto, raw), why is None, fits)
    for name, proto, raw in WRONG_PROTOCOL:
        why = reply_schema.check(table[name]["schema"], reply_schema.parse_reply(raw)[0], proto)
        expect("%s RESP%d %r" % (name, proto, raw), why is None, False)
    for text in BAD_SCHEMAS:
        try:
            reply_schema.parse(text)
            expect("schema %r" % text, "read", "refused")
        except reply_schema.SchemaError:
            expect("schema %r" % text, "refused", "refused")
    if shutil.which("tclsh8.6"):
        wanted = [case[3] for case in CASES for _ in range(2)]
        for i, (got, fits) in enumerate(zip(tcl_answers(), wanted)):
            expect("Tcl: %s RESP%d" % (CASES[i // 2][0], 2 + i % 2), got, fits)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

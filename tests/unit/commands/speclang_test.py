#!/usr/bin/env python3
"""The language of the specs: every mistake is named with its file and line, and what is derived is right.

Prints "N passed, N failed" at the end."""
import os
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import sample_commands  # noqa: E402
sys.path.insert(0, os.path.join(sample_commands.ROOT, "common", "commands"))
import gen  # noqa: E402
import speclang  # noqa: E402
import syntax  # noqa: E402

GOOD = """group string
acl string

GOOD -3
  status built
  summary A command
  since 1.0.0
  flags write fast
  key RW access update at 1
  route one-slot
  args
    key key @0
    value+ string
    mode? oneof
      nx token NX
      ttl integer EX
  reply simple "OK" | null
"""
# what to replace in GOOD, by what, the line that is to be named, a part of the complaint
MISTAKES = [
    ("GOOD -3", "good -3", 4, "NAME ARITY"),
    ("  status built", "  status done", 5, "status is"),
    ("  status built\n", "", 4, "has no `status`"),
    ("  summary A command", "  sumary A command", 6, "unknown attribute 'sumary'"),
    ("since 1.0.0", "since 1", 7, "a version like"),
    ("write fast", "write quick", 8, "unknown flag 'quick'"),
    ("write fast", "write movablekeys", 8, "movablekeys is derived"),
    ("acl string", "acl strings", 2, "unknown ACL category 'strings'"),
    ("update at 1", "update in 1", 9, "key FLAGS at N"),
    ("RW access", "RX access", 9, "unknown key flag 'RX'"),
    ("route one-slot", "route one-slot:sum", 10, "unknown route"),
    ("key key @0", "key key @1", 12, "there is no key line number 1"),
    ("value+ string", "value+ text", 13, "NAME TYPE expected"),
    ("value+ string", "value+ string A B", 13, "unexpected 'B'"),
    ("      nx token NX\n      ttl integer EX\n", "", 12, "oneof of nothing"),
    ("nx token NX", "nx token", 15, "without its token"),
    ("    value+ string", "       value+ string", 13, "nest by two"),
    ('  reply simple "OK" | null', "  reply simpel", 17, "unknown word 'simpel'"),
    ("  reply", "\treply", 17, "a tab"),
    ("  flags write", "   flags write", 8, "indented by 2"),
    ("group string\n", "", 3, "does not begin with its group"),
    ("GOOD -3", "NOBODY GOOD -3", 4, "there is no command NOBODY"),
]


def read(text):
    """A reader that has read this text as string.cmd, all other families being empty."""
    with tempfile.TemporaryDirectory() as folder:
        for family in speclang.FAMILIES:
            with open(os.path.join(folder, family + ".cmd"), "w", encoding="utf-8") as f:
                f.write(text if family == "string" else "group none\n")
        reader = speclang.Reader(gen.WORDS)
        reader.read(folder)
        return reader


def main():
    passed = failed = 0

    def expect(what, ok, shown):
        nonlocal passed, failed
        if ok:
            passed += 1
        else:
            failed += 1
            print("%s: %s" % (what, shown))

    good = read(GOOD)
    expect("the good one", not good.errors, good.errors)
    command = good.commands[0]
    for what, got, wanted in (("acl", command.acl, ["write", "string", "fast"]), ("legacy", command.legacy, (1, 1, 1)),
                              ("single", command.key_single, 1), ("flags", command.flags, ["write", "fast"]),
                              ("syntax", syntax.of(command), "key value [value ...] [NX | EX ttl]")):
        expect(what, got == wanted, "%r, expected %r" % (got, wanted))
    for old, new, line, complaint in MISTAKES:
        assert old in GOOD, old
        errors = read(GOOD.replace(old, new, 1)).errors
        found = [e for e in errors if "string.cmd:%d: error: " % line in e and complaint in e]
        expect(repr(new), found, errors)
    errors = read(GOOD + GOOD).errors
    expect("declared twice", any("is declared at" in e for e in errors), errors)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

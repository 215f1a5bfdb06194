"""Random commands by the grammar of the specs, for tests that compare servers.

    grammar = Grammar.load(seed)
    grammar.command("zadd")      -> ["ZADD", "key:3", "NX", "1.5", "m2"]

Arguments follow the trees of the specs: optional ones come and go, multiple ones repeat, oneof takes one. Values are
small and repeat, so that commands meet each other's keys.
"""
import json
import os
import random
import subprocess
import sys

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))


def specs():
    """All that gen.py --json knows, by full name."""
    generator = os.path.join(ROOT, "common", "commands", "gen.py")
    return json.loads(subprocess.run([sys.executable, generator, "--json"], check=True, stdout=subprocess.PIPE).stdout)


class Grammar:
    def __init__(self, table, seed):
        self.table, self.random = table, random.Random(seed)

    @classmethod
    def load(cls, seed):
        return cls(specs(), seed)

    def names(self):
        return [name for name, spec in self.table.items() if not spec["container"]]

    def command(self, name):
        spec = self.table[name]
        argv = [word.upper() if self.random.random() < 0.8 else word for word in name.split("|")]
        for argument in spec["docs"].get("arguments", []):
            self.argument(argument, argv)
        return argv

    def argument(self, a, argv):
        flags = a.get("flags", [])
        if "optional" in flags and self.random.random() < 0.5:
            return
        times = self.random.choice((1, 1, 2, 3)) if "multiple" in flags else 1
        for i in range(times):
            if "token" in a and (i == 0 or "multiple_token" in flags):
                argv.append(a["token"] if self.random.random() < 0.7 else a["token"].lower())
            self.value(a, argv)

    def value(self, a, argv):
        kind = a["type"]
        if kind == "oneof":
            self.argument(self.random.choice(a["arguments"]), argv)
        elif kind == "block":
            self.block(a["arguments"], argv)
        elif kind != "pure-token":
            argv.append(self.leaf(a["name"], kind))

    def block(self, arguments, argv):
        for child in arguments:
            self.argument(child, argv)

    def leaf(self, name, kind):
        r = self.random
        if kind == "key":
            return "key:%d" % r.randrange(5)
        if kind == "integer":
            if name.startswith("num"):
                return str(r.choice((1, 2, 2, 3)))
            return str(r.choice((0, 1, 1, 2, 3, 10, -1, 100)))
        if kind == "double":
            return r.choice(("0", "1", "1.5", "-2.25", "3e2"))
        if kind == "unix-time":
            return "33177117420"
        if kind == "pattern":
            return r.choice(("*", "key:*", "m?"))
        return "m%d" % r.randrange(4)

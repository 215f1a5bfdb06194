"""Reads common/commands/spec/*.cmd into Command objects. README.md teaches the language.

Every complaint names file and line and is collected, so that one run shows all of them.
"""
import os
import re

import reply_schema

FAMILIES = ("generic string bitmap hash list set sorted_set stream geo hyperloglog pubsub transactions "
            "connection server scripting cluster replication").split()

ARGUMENT_TYPES = {"string": "string", "integer": "integer", "double": "double", "key": "key", "pattern": "pattern",
                  "unix-time": "unix-time", "token": "pure-token", "oneof": "oneof", "block": "block"}
ROUTES = {
    "one-slot": ("", "channel"),
    "split": ("sum", "ok", "gather"),
    "all-shards": ("sum", "ok", "concat", "any", "all", "min", "cursor", "pairs-sum", "one-ok"),
    "local": ("",),
    "refused": ("",),
    "private": ("blocking", "block-option", "transaction", "subscription", "monitor"),
}
EXTRACTORS = ("sort", "migrate", "set", "bitfield")
HEADER = re.compile(r"([A-Z][A-Z0-9_-]*)(?: ([A-Z][A-Z0-9-]*))? (-?\d+)$")
VERSION = re.compile(r"\d+\.\d+\.\d+$")
KEY = re.compile(r"(?P<flags>[A-Za-z_ ]+?) (?:(?P<unknown>unknown)|at (?P<at>\d+)|after (?P<word>\S+) from (?P<start>-?\d+))"
                 r"(?: to (?P<last>-?\d+)(?: step (?P<step>\d+))?(?: limit (?P<limit>\d+))?"
                 r"| count (?P<count>\d+) first (?P<first>\d+)(?: step (?P<kstep>\d+))?)?$")


class Argument:
    def __init__(self, name, kind):
        self.name, self.type = name, kind
        self.optional = self.multiple = self.multiple_token = False
        self.token = self.since = self.deprecated = None
        self.display = None if kind in ("oneof", "block") else name
        self.key_spec = -1
        self.children = []


class KeySpec:
    def __init__(self, flags):
        self.flags, self.note, self.keyword = flags, None, None
        self.begin = self.find = "unknown"
        self.at = self.last = self.limit = self.step = self.count_at = self.first = 0


class Command:
    def __init__(self, where, container, word, arity, group, acl):
        self.where, self.container, self.word, self.arity = where, container, word, arity
        self.name = (container + "|" + word if container else word).lower()
        self.group, self.acl = group, acl
        self.flags, self.tips, self.history, self.keys, self.arguments = [], [], [], [], []
        self.since = self.summary = self.complexity = self.deprecated = self.replaced_by = None
        self.route = self.reply = self.status = None
        self.syscmd = False
        self.extractor = "none"
        self.subs = []

    @property
    def is_container(self):
        return bool(self.subs) and self.arity < -1


class Reader:
    """vocabulary: flags, acl and key flags: the words that command.h declares, in their order."""

    def __init__(self, vocabulary):
        self.words = vocabulary
        self.errors, self.commands, self.by_name = [], [], {}

    def error(self, where, text):
        self.errors.append("%s: error: %s" % (where, text))

    def read(self, folder):
        found = sorted(f for f in os.listdir(folder) if f.endswith(".cmd"))
        for name in found:
            if name[:-4] not in FAMILIES:
                self.error(os.path.join(folder, name), "not a family; speclang.py lists them")
        for family in FAMILIES:
            path = os.path.join(folder, family + ".cmd")
            if not os.path.exists(path):
                self.error(path, "missing")
            else:
                self.read_file(path)
        self.link()
        return self.commands

    def read_file(self, path):
        self.file_group, self.file_acl, self.command = None, [], None
        with open(path, encoding="utf-8") as f:
            lines = f.read().split("\n")
        shown = os.path.relpath(path)
        at = 0
        while at < len(lines):
            line, where = lines[at], "%s:%d" % (shown, at + 1)
            at += 1
            text = line.strip()
            if not text or text.startswith("#"):
                continue
            if "\t" in line:
                self.error(where, "a tab; indent with spaces")
            indent = len(line) - len(line.lstrip(" "))
            if indent == 0:
                self.top_line(where, text)
                continue
            if indent != 2:
                self.error(where, "an attribute is indented by 2, its continuation by 4 or more")
                continue
            block = []
            while at < len(lines) and (lines[at].startswith("    ") or not lines[at].strip()):
                if lines[at].strip() and not lines[at].strip().startswith("#"):
                    block.append(("%s:%d" % (shown, at + 1), lines[at]))
                at += 1
            if self.command is None:
                self.error(where, "an attribute before the first command")
                continue
            word, _, rest = text.partition(" ")
            self.attribute(where, word, rest.strip(), block)

    def top_line(self, where, text):
        word, _, rest = text.partition(" ")
        if word == "group":
            self.file_group = rest.strip()
            return
        if word == "acl":
            self.file_acl = self.choose(where, rest.split(), "acl", "ACL category")
            return
        m = HEADER.match(text)
        if not m:
            self.error(where, "NAME ARITY or CONTAINER NAME ARITY expected, not %r" % text)
            return
        first, second, arity = m.groups()
        if self.file_group is None:
            self.error(where, "the file does not begin with its group")
        self.command = Command(where, first if second else None, second or first, int(arity), self.file_group,
                               list(self.file_acl))
        if self.command.name in self.by_name:
            self.error(where, "%s is declared at %s too" % (self.command.name, self.by_name[self.command.name].where))
        self.by_name[self.command.name] = self.command
        self.commands.append(self.command)

    def choose(self, where, words, kind, what):
        for word in words:
            if word not in self.words[kind]:
                self.error(where, "unknown %s %r; known: %s" % (what, word, " ".join(self.words[kind])))
        return [w for w in words if w in self.words[kind]]

    def attribute(self, where, word, rest, block):
        handler = getattr(self, "do_" + word.replace("-", "_"), None)
        if handler is None:
            self.error(where, "unknown attribute %r" % word)
            return
        if word == "args":
            if rest:
                self.error(where, "args stands alone, one argument on each line below it")
            self.command.arguments = self.arguments(block)
            return
        handler(where, " ".join([rest] + [line.strip() for _, line in block]).strip())

    # One method per attribute.
    def do_args(self, where, text):
        raise AssertionError

    def do_status(self, where, text):
        m = re.fullmatch(r"built|todo ([1-9])", text)
        if not m:
            self.error(where, "status is `built` or `todo ISSUE`")
            return
        self.command.status = int(m.group(1) or 0)

    def do_group(self, where, text):
        self.command.group = text

    def do_since(self, where, text):
        self.command.since = self.version(where, text)

    def version(self, where, text):
        if not VERSION.match(text):
            self.error(where, "a version like 7.2.0 expected, not %r" % text)
        return text

    def do_flags(self, where, text):
        self.command.flags = self.choose(where, text.split(), "flag", "flag")
        if "movablekeys" in self.command.flags:
            self.error(where, "movablekeys is derived from the key lines")

    def do_acl(self, where, text):
        self.command.acl = [] if text == "-" else self.choose(where, text.split(), "acl", "ACL category")

    def do_tips(self, where, text):
        self.command.tips = text.split()

    def do_summary(self, where, text):
        self.command.summary = text

    def do_complexity(self, where, text):
        self.command.complexity = text

    def do_history(self, where, text):
        version, _, change = text.partition(" ")
        self.command.history.append((self.version(where, version), change))

    def do_deprecated(self, where, text):
        version, _, instead = text.partition(" ")
        self.command.deprecated = self.version(where, version)
        self.command.replaced_by = instead
        if not instead:
            self.error(where, "deprecated VERSION WHAT-REPLACES-IT expected")

    def do_syscmd(self, where, text):
        self.command.syscmd = True

    def do_route(self, where, text):
        word, _, kind = text.partition(":")
        if word not in ROUTES or kind not in ROUTES[word]:
            known = ["%s%s" % (r, ":" + k if k else "") for r, kinds in ROUTES.items() for k in kinds]
            self.error(where, "unknown route %r; known: %s" % (text, " ".join(known)))
            return
        self.command.route = (word, kind)

    def do_extract(self, where, text):
        if text not in EXTRACTORS:
            self.error(where, "unknown extractor %r; known: %s" % (text, " ".join(EXTRACTORS)))
        self.command.extractor = text

    def do_reply(self, where, text):
        try:
            self.command.reply = (text, reply_schema.parse(text))
        except reply_schema.SchemaError as e:
            self.error(where, "reply: %s" % e)

    def do_note(self, where, text):
        if not self.command.keys:
            self.error(where, "a note belongs below its key line")
        else:
            self.command.keys[-1].note = text

    def do_key(self, where, text):
        m = KEY.match(text)
        if not m:
            self.error(where, "key FLAGS at N | after WORD from N | unknown, then [to N step N limit N] or "
                              "[count N first N] expected")
            return
        key = KeySpec(self.choose(where, m["flags"].split(), "key", "key flag"))
        if m["unknown"] is None:
            if m["at"] is not None:
                key.begin, key.at = "index", int(m["at"])
            else:
                key.begin, key.keyword, key.at = "keyword", m["word"], int(m["start"])
            if m["count"] is not None:
                key.find, key.count_at, key.first = "keynum", int(m["count"]), int(m["first"])
                key.step = int(m["kstep"] or 1)
            else:
                key.find, key.last = "range", int(m["last"] or 0)
                key.step, key.limit = int(m["step"] or 1), int(m["limit"] or 0)
        self.command.keys.append(key)

    def arguments(self, block):
        root, stack = [], []
        stack.append((2, root, None))
        for where, line in block:
            indent = len(line) - len(line.lstrip(" "))
            if indent % 2 or indent > stack[-1][0] + 2:
                self.error(where, "arguments nest by two spaces")
                continue
            while indent <= stack[-1][0]:
                stack.pop()
            if stack[-1][2] is not None and stack[-1][2].type not in ("oneof", "block"):
                self.error(where, "only oneof and block hold other arguments")
            argument = self.argument(where, line.split())
            if argument:
                stack[-1][1].append(argument)
                stack.append((indent, argument.children, argument))
        self.check_arguments(root, block)
        return root

    def check_arguments(self, arguments, block):
        for a in arguments:
            if a.type in ("oneof", "block") and not a.children:
                self.error(block[0][0], "argument %s: %s of nothing" % (a.name, a.type))
            self.check_arguments(a.children, block)

    def argument(self, where, words):
        m = re.fullmatch(r"(.*?)([?*+]?)", words[0])
        name, mark = m.groups()
        if len(words) < 2 or words[1] not in ARGUMENT_TYPES:
            self.error(where, "NAME TYPE expected, TYPE one of %s" % " ".join(ARGUMENT_TYPES))
            return None
        a = Argument(name, ARGUMENT_TYPES[words[1]])
        a.optional, a.multiple = mark in ("?", "*"), mark in ("+", "*")
        for word in words[2:]:
            key, eq, value = word.partition("=")
            if word == "each-token":
                a.multiple_token = True
            elif word.startswith("@"):
                a.key_spec = int(word[1:])
                if a.key_spec >= len(self.command.keys):
                    self.error(where, "there is no key line number %d (from 0); key lines go before args" % a.key_spec)
            elif eq and key == "since":
                a.since = self.version(where, value)
            elif eq and key == "deprecated":
                a.deprecated = self.version(where, value)
            elif eq and key == "shown":
                a.display = value
            elif a.token is None:
                a.token = "" if word == '""' else word
            else:
                self.error(where, "unexpected %r" % word)
        if a.type == "pure-token" and a.token is None:
            self.error(where, "a token argument without its token")
        return a

    def link(self):
        """Joins subcommands to containers, derives what is derived, and asks for what is missing."""
        for c in self.commands:
            if c.container:
                parent = self.by_name.get(c.container.lower())
                if parent is None:
                    self.error(c.where, "there is no command %s to hold it" % c.container)
                else:
                    parent.subs.append(c)
        for c in self.commands:
            self.derive(c)
            missing = [k for k in ("since", "summary") if getattr(c, k) is None]
            if not c.is_container:
                missing += [k for k in ("status", "route", "reply") if getattr(c, k) is None]
            for k in missing:
                self.error(c.where, "%s has no `%s`" % (c.name, k))
            if c.summary and len(c.summary) > 100:
                self.error(c.where, "summary longer than 100 characters")

    def derive(self, c):
        f = set(c.flags)
        if any((k.begin, k.find) != ("index", "range") for k in c.keys):
            f.add("movablekeys")
        c.flags = [w for w in self.words["flag"] if w in f]
        acl = set(c.acl) | {"fast" if "fast" in f else "slow"}
        acl |= {"write"} if "write" in f else set()
        acl |= {"read"} if "readonly" in f and "scripting" not in acl else set()
        acl |= {"admin", "dangerous"} if "admin" in f else set()
        acl |= {w for w in ("pubsub", "blocking") if w in f}
        c.acl = [w for w in self.words["acl"] if w in acl]
        for k in c.keys:
            k.flags = [w for w in self.words["key"] if w in k.flags]
        # The legacy triple: one index-and-range spec as it is; several only if they join without gaps.
        fixed = [k for k in c.keys if (k.begin, k.find) == ("index", "range")]
        c.legacy = (0, 0, 0)
        if fixed:
            first, last, step = fixed[0].at, fixed[0].last, fixed[0].step
            last = last + first if last >= 0 else last
            for k in fixed[1:]:
                end = k.last + k.at if k.last >= 0 else k.last
                if last < 0 or k.step != step or k.at != last + step:
                    break
                last = end
            c.legacy = (first, last, step)
        only = c.keys[0] if len(c.keys) == 1 else None
        fixed_key = only and "not_key" not in only.flags and (only.begin, only.find, only.last) == ("index", "range", 0)
        c.key_single = only.at if fixed_key else 0
        if c.is_container and c.status is None:
            c.status = 0 if any(s.status == 0 for s in c.subs) else min([s.status or 9 for s in c.subs])
        if c.is_container:
            c.route = c.route or ("refused", "")

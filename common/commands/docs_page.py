"""docs/commands.md: which commands there are, by group."""
import syntax

TITLES = {"generic": "Keys", "string": "Strings", "bitmap": "Bitmaps", "hash": "Hashes", "list": "Lists", "set": "Sets",
          "sorted-set": "Sorted sets", "stream": "Streams", "geo": "Positions", "hyperloglog": "HyperLogLog",
          "pubsub": "Publish and subscribe", "transactions": "Transactions", "connection": "Connections",
          "server": "Server", "scripting": "Scripts and functions", "cluster": "Cluster"}


def _cell(text):
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def render(commands):
    leaves = [c for c in commands if not c.is_container]
    built = sum(c.status == 0 for c in leaves)
    out = ["# Commands", "",
           "Generated from the command specs by gen.py; do not edit.", "",
           "Torc follows Redis 7.2, with the field TTLs of 7.4's hashes. **%d of %d commands and subcommands are built.** "
           "The others are declared, and answer that they are not there yet; the number says which issue builds them."
           % (built, len(leaves)), "",
           "The last column is how the proxy treats a command: it goes to the owner of its slot (one-slot), is split "
           "by slot and its replies merged (split), goes to all shards (all-shards), is answered by the proxy (local), "
           "gets a backend connection of its own (private), or is refused.", ""]
    groups = []
    for c in commands:
        if c.group not in groups:
            groups.append(c.group)
    for group in groups:
        members = [c for c in leaves if c.group == group]
        out += ["## %s" % TITLES.get(group, group), "",
                "| command | since | state | what it does | proxy |", "|---|---|---|---|---|"]
        for c in sorted(members, key=lambda c: c.name):
            name = c.name.upper().replace("|", " ")
            args = syntax.of(c)
            args = args if len(args) <= 90 else args[:87].rsplit(" ", 1)[0] + " …"
            out.append("| **%s** %s | %s | %s | %s | %s |" % (
                _cell(name), _cell(args), c.since, "built" if c.status == 0 else "not yet: %d" % c.status,
                _cell(c.summary) + (" (deprecated)" if c.deprecated else ""), ":".join(filter(None, c.route))))
        out.append("")
    return "\n".join(out).rstrip("\n") + "\n"

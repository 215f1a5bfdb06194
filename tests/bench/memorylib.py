"""Bytes per key: a fresh server for each row, its memory before and after a million requests."""

import os

import benchlib as b

MEMORY_TSV = os.path.join(b.BENCH_DIR, "memory.tsv")


def rows():
    """(name, target in bytes or None, command) of each row of memory.tsv."""
    with open(MEMORY_TSV) as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                name, target, command = line.rstrip("\n").split("\t")
                yield name, int(target) if target != "-" else None, command


def measure(kind, command, n, engine=None, options=()):
    """Bytes of used_memory and of RSS per request, beyond the empty server."""
    with b.Server(kind, engine, options) as server:
        # One key written and deleted first, so that what is allocated once is not counted.
        client = server.client()
        client.call("SET", "warm", "up")
        client.call("DEL", "warm")
        used, rss = b.settled(server.used_memory), server.rss_bytes()
        b.preload(server, command, n)
        result = (b.settled(server.used_memory) - used) / n, (b.settled(server.rss_bytes) - rss) / n
        client.close()
        return result


def measure_all(kinds, n, wanted, progress=lambda text: None):
    """A list of (name, target, {kind: (used, rss)})."""
    results = []
    for name, target, command in wanted:
        figures = {}
        for kind in kinds:
            figures[kind] = measure(kind, command, n)
            progress("%s: %s %.1f bytes, %.1f resident" % (name, b.TITLES[kind], *figures[kind]))
        results.append((name, target, figures))
    return results


def report(results):
    """The Markdown table, and how many targets were met and missed."""
    lines, met, missed = [], 0, 0
    for name, target, figures in results:
        torc, redis = figures.get("torc"), figures.get("redis")
        verdict = ""
        if torc and target is not None:
            good = torc[0] <= target
            met, missed = met + good, missed + (not good)
            verdict = "pass" if good else "MISS"
        lines.append([name] + ["%.1f / %.1f" % f if f else "" for f in (torc, redis)] +
                     ["%.2f" % (torc[0] / redis[0]) if torc and redis else "",
                      target if target is not None else "", verdict])
    header = ["a million of", "Torc used / RSS", "Redis used / RSS", "ratio", "target", ""]
    return b.table(header, lines), met, missed

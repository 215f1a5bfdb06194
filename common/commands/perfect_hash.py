"""Places command names so that one probe finds each: hash and displace.

    h        = mix(first 8 bytes, last 8 bytes, length, parent), names in upper case
    bucket   = top 8 bits of h
    slot     = (low bits of h + displace[bucket] * odd bits of h) mod SLOTS

Buckets are placed from the fullest down, each with the smallest displacement that puts all its names on free
slots. command.c computes the same; tests look every name up.
"""
BUCKETS = 256
SLOTS = 1024
MASK = (1 << 64) - 1


def words(name):
    """The two words by which names are compared: overlapping loads of the upper-case bytes, little-endian."""
    b = name.upper().encode()
    n = len(b)
    if n >= 8:
        return int.from_bytes(b[:8], "little"), int.from_bytes(b[-8:], "little")
    if n >= 4:
        return int.from_bytes(b[:4], "little") | int.from_bytes(b[-4:], "little") << 32, 0
    if n:
        return b[0] | b[n // 2] << 8 | b[-1] << 16, 0
    return 0, 0


def mix(lo, hi, length, parent):
    h = (lo ^ (parent << 5 | length) * 0x9e3779b97f4a7c15) & MASK
    h = h * 0xff51afd7ed558ccd & MASK
    h ^= h >> 32
    h = (h ^ hi) * 0xc4ceb9fe1a85ec53 & MASK
    return h ^ h >> 29


def slot_of(h, displacement):
    return ((h & 0xffffffff) + displacement * (h >> 24 & 0xffffffff | 1)) % SLOTS


class Solved:
    pass


def solve(names):
    """names: (word, parent id) each; returns the displacements, and for each slot the index of its name or None."""
    seen, buckets = {}, {}
    for i, (word, parent) in enumerate(names):
        h = mix(*words(word), len(word), parent)
        if h in seen:
            raise SystemExit("perfect_hash: %s and %s hash alike" % (names[seen[h]][0], word))
        seen[h] = i
        buckets.setdefault(h >> 56, []).append((h, i))
    solved = Solved()
    solved.displace, solved.slots = [0] * BUCKETS, [None] * SLOTS
    for bucket, items in sorted(buckets.items(), key=lambda b: (-len(b[1]), b[0])):
        for d in range(65536):
            slots = [slot_of(h, d) for h, _ in items]
            if len(set(slots)) == len(slots) and all(solved.slots[s] is None for s in slots):
                break
        else:
            raise SystemExit("perfect_hash: no displacement for bucket %d; change a constant" % bucket)
        solved.displace[bucket] = d
        for s, (_, i) in zip(slots, items):
            solved.slots[s] = i
    return solved

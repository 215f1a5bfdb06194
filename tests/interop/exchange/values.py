"""Values of every type and size."""


def words(rng, count):
    """Members and fields: integers of all widths, short and long texts, binary; no two alike."""
    found = set()
    while len(found) < count:
        kind = rng.randrange(6)
        if kind == 0:
            word = b"%d" % (rng.getrandbits(rng.choice((3, 7, 8, 12, 13, 16, 24, 32, 40, 63))) * rng.choice((1, -1)))
        elif kind == 1:
            word = bytes(rng.getrandbits(8) for _ in range(rng.randrange(0, 20)))
        elif kind == 2:
            word = (b"abc" * 40)[:rng.randrange(1, 64)]
        elif kind == 3:
            word = b"member:%d" % rng.getrandbits(20)
        elif kind == 4:
            word = b"0%d" % rng.getrandbits(10)
        else:
            word = b"x" * rng.randrange(60, 400) + b"%d" % rng.getrandbits(16)
        found.add(word)
    found = sorted(found)
    rng.shuffle(found)
    return found


def score(rng):
    return rng.choice((0, 1, -1, 3, 1e300, -2.5, 0.1, 1 / 3, 5e-324, "inf", "-inf", 9007199254740993, 1 << 62,
                       rng.uniform(-1e6, 1e6), rng.randrange(-1000, 1000)))


def fill(rng):
    """(key, command) of values of every type and size."""
    made = []
    for text in (b"", b"0", b"-1", b"127", b"128", b"-129", b"32768", b"2147483647", b"2147483648", b"-2147483649",
                 b"9223372036854775807", b"007", b"1.5", b"x" * 20, b"x" * 21, b"ab" * 5000, bytes(range(256)),
                 b"z" * 70000, bytes(rng.getrandbits(8) for _ in range(30000)), b"q" * 3000000):
        made.append((b"string:%d" % len(made), ("SET", None, text)))
    for size in (1, 2, 3, 15, 16, 17, 100, 127, 128, 129, 500, 513, 3000):
        plain = words(rng, size)
        made.append((b"hash:%d" % size, ("HSET", None, *sum(([w, v] for w, v in zip(plain, words(rng, size))), []))))
        made.append((b"list:%d" % size, ("RPUSH", None, *plain, *plain[:size // 2])))
        made.append((b"set:%d" % size, ("SADD", None, *plain)))
        for bits in (7, 15, 31, 62):
            numbers = sorted({rng.getrandbits(bits) - (1 << bits - 1) for _ in range(size)})
            made.append((b"ints:%d:%d" % (size, bits), ("SADD", None, *numbers)))
        made.append((b"zset:%d" % size, ("ZADD", None, *sum(([score(rng), w] for w in plain), []))))
    made.append((b"list:large", ("RPUSH", None, b"first", b"x" * 70000, b"", b"12", b"y" * 9000, b"last")))
    return made


def fill_streams(rng):
    """(key, command): streams with groups, consumers and entries that are pending."""
    made = []
    for size in (1, 3, 99, 100, 101, 1000):
        key = b"stream:%d" % size
        fields = words(rng, 3)
        for i in range(1, size + 1):
            if rng.randrange(5) == 0:
                fields = words(rng, rng.randrange(1, 5))
            made.append((key, ("XADD", None, b"%d-%d" % (i * 7, i % 3), *sum(([f, b"v%d" % i] for f in fields), []))))
        if size > 1:
            made.append((key, ("XDEL", None, b"7-1")))
        for group in (b"g1", b"g2"):
            made.append((b"", ("XGROUP", "CREATE", key, group, b"0")))
            made.append((b"", ("XREADGROUP", "GROUP", group, b"reader", "COUNT", size // 2 + 1, "STREAMS", key, ">")))
            made.append((b"", ("XGROUP", "CREATECONSUMER", key, group, b"idle")))
            made.append((b"", ("XACK", key, group, b"14-2")))
    return made

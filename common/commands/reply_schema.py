"""Reply schemas: the notation of the `reply` lines, and a checker of real replies against it.

    schema   := one ( "|" one )*
    one      := "simple" [TEXT] | "bulk" [TEXT] | "verbatim" | "int" [RANGE] | "double" | "bool"
              | "null" | "null-array" | "any" | "nothing"
              | "array" "of" unit [COUNT]      a list, all elements alike
              | "set" "of" unit [COUNT]        RESP3 a set, RESP2 an array
              | "map" "of" unit "->" unit      RESP3 a map, RESP2 a flat array of twice as many
              | "pairs" "of" unit "," unit     RESP3 an array of two-element arrays, RESP2 a flat array
              | "[" schema, ... "]"            an array of just these elements
              | "{" NAME ["?"] ":" schema, ... [", ..."] "}"   a map with these names, "..." allows others
              | "push" unit                    an out-of-band message: RESP3 a push, RESP2 an array
              | "resp2" unit | "resp3" unit    holds in that protocol only
              | "(" schema ")"
    unit     := one alternative without "|"
    RANGE    := ">=" N | "<=" N | N ".." N | N
    COUNT    := "x" N | "x" ">=" N | "x" N ".." N
    TEXT     := a double-quoted string

Null is `$-1`, null-array `*-1`; RESP3 has one null for both. A double is a bulk string in RESP2, a bool an
integer. Errors and QUEUED are always allowed and never written down.

Replies come as tagged tuples: (tag, value), tag one of the RESP type bytes; aggregates hold lists of such tuples
(a map: a list of pairs). parse_reply() reads them from bytes.
"""
import re

TOKEN = re.compile(r'\s*(?:("(?:[^"\\]|\\.)*")|(->|\.\.\.|\.\.|>=|<=|[|()\[\]{},:?])|([A-Za-z0-9_./%*+@-]+?(?=\.\.|->|[\s|()\[\]{},:?<>]|$)))')


class SchemaError(Exception):
    pass


class _Parser:
    def __init__(self, text):
        self.tokens, pos = [], 0
        text = text.rstrip()
        while pos < len(text):
            m = TOKEN.match(text, pos)
            if not m:
                raise SchemaError("cannot read %r" % text[pos:pos + 20])
            self.tokens.append(m.group(m.lastindex))
            pos = m.end()
        self.at = 0

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def next(self):
        token = self.peek()
        if token is None:
            raise SchemaError("it ends too early")
        self.at += 1
        return token

    def take(self, token):
        if self.peek() == token:
            self.at += 1
            return True
        return False

    def expect(self, token):
        got = self.next()
        if got != token:
            raise SchemaError("%r expected, not %r" % (token, got))

    def integer(self):
        token = self.next()
        if not re.fullmatch(r"-?\d+", token):
            raise SchemaError("a number expected, not %r" % token)
        return int(token)

    def range(self):
        if self.take(">="):
            return (self.integer(), None)
        if self.take("<="):
            return (None, self.integer())
        low = self.integer()
        return (low, self.integer()) if self.take("..") else (low, low)

    def schema(self):
        options = [self.one()]
        while self.take("|"):
            options.append(self.one())
        return options[0] if len(options) == 1 else ("or", options)

    def count(self):
        return self.range() if self.take("x") else None

    def one(self):
        word = self.next()
        if word == "(":
            inner = self.schema()
            self.expect(")")
            return inner
        if word in ("simple", "bulk"):
            text = self.peek()
            if text and text.startswith('"'):
                return (word, self.next()[1:-1].replace('\\"', '"'))
            return (word, None)
        if word == "int":
            nxt = self.peek()
            ranged = nxt in (">=", "<=") or (nxt and re.fullmatch(r"-?\d+", nxt))
            return (word, self.range() if ranged else None)
        if word in ("verbatim", "double", "bool", "null", "null-array", "any", "nothing"):
            return (word,)
        if word in ("array", "set"):
            self.expect("of")
            return (word, self.one(), self.count())
        if word == "map":
            self.expect("of")
            key = self.one()
            self.expect("->")
            return (word, key, self.one())
        if word == "pairs":
            self.expect("of")
            first = self.one()
            self.expect(",")
            return (word, first, self.one())
        if word in ("push", "resp2", "resp3"):
            return (word, self.one())
        if word == "[":
            items = []
            while not self.take("]"):
                items.append(self.schema())
                if not self.take(","):
                    self.expect("]")
                    break
            return ("tuple", items)
        if word == "{":
            fields, open_end = [], False
            while not self.take("}"):
                if self.take("..."):
                    open_end = True
                    self.expect("}")
                    break
                name = self.next().strip('"')
                optional = self.take("?")
                self.expect(":")
                fields.append((name, optional, self.schema()))
                if not self.take(","):
                    self.expect("}")
                    break
            return ("record", fields, open_end)
        raise SchemaError("unknown word %r" % word)


def parse(text):
    """The schema as a tree of tuples; raises SchemaError."""
    parser = _Parser(text)
    tree = parser.schema()
    if parser.peek() is not None:
        raise SchemaError("unexpected %r" % parser.peek())
    return tree


def parse_reply(data, pos=0):
    """One reply in bytes -> ((tag, value), position after it)."""
    end = data.index(b"\r\n", pos)
    tag, rest = chr(data[pos]), data[pos + 1:end]
    pos = end + 2
    if tag in "$=!":
        size = int(rest)
        if size < 0:
            return (tag, None), pos
        return (tag, data[pos:pos + size]), pos + size + 2
    if tag in "*~>%|":
        count = int(rest)
        if count < 0:
            return (tag, None), pos
        items = []
        for _ in range(count * (2 if tag in "%|" else 1)):
            item, pos = parse_reply(data, pos)
            items.append(item)
        if tag == "|":  # an attribute: what it describes follows
            return parse_reply(data, pos)
        return (tag, list(zip(items[::2], items[1::2])) if tag == "%" else items), pos
    return (tag, int(rest) if tag == ":" else rest), pos


def _in(limits, number):
    return limits is None or ((limits[0] is None or number >= limits[0]) and
                              (limits[1] is None or number <= limits[1]))


def _number(data):
    try:
        float(data)
        return True
    except ValueError:
        return False


def check(tree, reply, proto):
    """None if the reply, (tag, value), fits the schema under RESP2 or 3; else a text that says why not."""
    tag, value = reply
    if tag in "-!" or (tag, value) == ("+", b"QUEUED"):
        return None
    return _check(tree, tag, value, proto)


def _pairs(tag, value, proto):
    """The pairs of a map-like reply, or None."""
    if tag == "%" and proto == 3:
        return value
    if tag == "*" and proto == 2 and value is not None and len(value) % 2 == 0:
        return list(zip(value[::2], value[1::2]))
    return None


def _check(tree, tag, value, proto):
    kind = tree[0]
    shown = "%s%.60r" % (tag, value)
    if kind == "or":
        reasons = [_check(t, tag, value, proto) for t in tree[1]]
        if None in reasons:
            return None
        return reasons[0] if len(reasons) == 1 else "none of %d alternatives fits %s" % (len(reasons), shown)
    if kind == "any":
        return None
    if kind in ("resp2", "resp3"):
        if kind[-1] != str(proto):
            return "only under " + kind.upper()
        return _check(tree[1], tag, value, proto)
    wrong = "%s expected, not %s" % (kind, shown)
    if kind == "simple":
        return None if tag == "+" and tree[1] in (None, value.decode("latin1")) else wrong
    if kind == "bulk":
        fits = tag == "$" and value is not None and tree[1] in (None, value.decode("latin1"))
        return None if fits else wrong
    if kind == "verbatim":
        return None if tag == ("=" if proto == 3 else "$") and value is not None else wrong
    if kind == "int":
        return None if tag == ":" and _in(tree[1], value) else wrong
    if kind == "double":
        if proto == 3:
            return None if tag == "," and _number(value) else wrong
        return None if tag == "$" and value is not None and _number(value) else wrong
    if kind == "bool":
        return None if (tag == "#" if proto == 3 else tag == ":" and value in (0, 1)) else wrong
    if kind == "null":
        return None if (tag == "_" if proto == 3 else tag == "$" and value is None) else wrong
    if kind == "null-array":
        return None if (tag == "_" if proto == 3 else tag == "*" and value is None) else wrong
    if kind == "nothing":
        return wrong
    if kind == "push":
        if tag != (">" if proto == 3 else "*"):
            return wrong
        return _check(tree[1], "*", value, proto)
    if kind in ("array", "set"):
        if tag != ("~" if kind == "set" and proto == 3 else "*") or value is None:
            return wrong
        if not _in(tree[2], len(value)):
            return "%d elements are not allowed" % len(value)
        return _first(_check(tree[1], t, v, proto) for t, v in value)
    if kind == "tuple":
        if tag != "*" or value is None or len(value) != len(tree[1]):
            return wrong
        return _first(_check(s, t, v, proto) for s, (t, v) in zip(tree[1], value))
    if kind == "pairs":
        if tag != "*" or value is None:
            return wrong
        if proto == 2:
            if len(value) % 2:
                return "an odd number of elements"
            return _first(_check(tree[1 + i % 2], t, v, proto) for i, (t, v) in enumerate(value))
        return _first(_check(("tuple", [tree[1], tree[2]]), t, v, proto) for t, v in value)
    pairs = _pairs(tag, value, proto)
    if pairs is None:
        return wrong
    if kind == "map":
        return _first(_check(tree[1], *k, proto) or _check(tree[2], *v, proto) for k, v in pairs)
    assert kind == "record"
    seen = {}
    for (_, name), item in pairs:
        seen[name.decode("latin1") if isinstance(name, bytes) else name] = item
    for name, optional, schema in tree[1]:
        if name not in seen:
            if not optional:
                return "field %r is missing" % name
            continue
        why = _check(schema, *seen.pop(name), proto)
        if why:
            return "%s: %s" % (name, why)
    return None if tree[2] or not seen else "unknown fields %s" % ", ".join(map(str, seen))


def _first(reasons):
    return next((r for r in reasons if r), None)

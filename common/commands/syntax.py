"""The arguments of a command as one line of text, as manuals write them:

    key value [NX | XX] [GET] [EX seconds | PX milliseconds | KEEPTTL]
"""


def of(command):
    return " ".join(_one(a) for a in command.arguments)


def _body(a):
    """Without brackets and repetition: the token and what follows it."""
    if a.type == "pure-token":
        return a.token or '""'
    if a.type == "oneof":
        inner = " | ".join(_one(c) for c in a.children)
        if not a.optional or a.token:
            inner = "<%s>" % inner
    elif a.type == "block":
        inner = " ".join(_one(c) for c in a.children)
    else:
        inner = a.display
    return inner


def _one(a):
    body = _body(a)
    if a.token is not None and a.type != "pure-token":
        if a.multiple and a.multiple_token:
            each = "%s %s" % (a.token, body)
            text = "%s [%s ...]" % (each, each)
        elif a.multiple:
            text = "%s %s [%s ...]" % (a.token, body, body)
        else:
            text = "%s %s" % (a.token, body)
    else:
        text = "%s [%s ...]" % (body, body) if a.multiple else body
    return "[%s]" % text if a.optional else text

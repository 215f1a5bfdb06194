"""What the checks share: the files of the repository, and C without its comments."""
import functools
import os
import re
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


@functools.lru_cache(maxsize=None)
def files():
    """Every file that is tracked, or that would be: paths from the root, sorted."""
    out = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                         stdout=subprocess.PIPE, check=True).stdout.decode()
    return sorted(f for f in set(out.split("\0")) if f and os.path.isfile(os.path.join(ROOT, f)))


@functools.lru_cache(maxsize=None)
def text(path):
    """The text of a file, or None for what is not UTF-8."""
    with open(os.path.join(ROOT, path), "rb") as f:
        data = f.read()
    try:
        return None if b"\0" in data else data.decode()
    except UnicodeDecodeError:
        return None


NOT_CODE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def code_only(source):
    """C without comments and literals; every line keeps its number."""
    return NOT_CODE.sub(lambda m: ("\n" * m.group().count("\n")) or '""', source)

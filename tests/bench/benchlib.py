"""What the benchmark programs share: starting servers, a small RESP client, the load generator.

Every server started here listens on a free loopback port, runs in a scratch folder of its own that is
removed with it, and is ended by its process id.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

BENCH_DIR = os.path.dirname(os.path.abspath(__file__))
REPO_DIR = os.path.dirname(os.path.dirname(BENCH_DIR))
BUILD_DIR = os.path.join(REPO_DIR, "build", "bench")
LOAD_BINARY = os.path.join(BUILD_DIR, "load")

BINARIES = {
    "torc": os.path.join(REPO_DIR, "build", "release", "torc-server"),
    "ok": os.path.join(REPO_DIR, "build", "release", "ok_server"),
    "redis": "redis-server",
}
TITLES = {"torc": "Torc", "ok": "ok_server", "redis": "Redis"}


class BenchError(Exception):
    """Something that makes a measurement impossible; its text is for the user."""


# ---- RESP ----


class ReplyError(Exception):
    """An error reply."""


class Client:
    """A blocking RESP2 connection."""

    def __init__(self, port, timeout_s=30.0):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout_s)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = self.socket.makefile("rb", buffering=1 << 18)

    def close(self):
        self.reader.close()
        self.socket.close()

    def send(self, *words):
        self.socket.sendall(encode(words))

    def read(self):
        line = self.reader.readline()
        if not line.endswith(b"\r\n"):
            raise BenchError("the server closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest.decode()
        if kind == b"-":
            raise ReplyError(rest.decode(errors="replace"))
        if kind == b":":
            return int(rest)
        if kind == b"$":
            if int(rest) < 0:
                return None
            return self.reader.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return None if int(rest) < 0 else [self.read() for _ in range(int(rest))]
        raise BenchError("not a reply: %r" % line[:80])

    def call(self, *words):
        self.send(*words)
        return self.read()

    def pipeline(self, commands):
        """Sends all commands at once, returns their replies."""
        self.socket.sendall(b"".join(encode(words) for words in commands))
        return [self.read() for _ in commands]

    def info(self, section="everything"):
        fields = {}
        for line in self.call("INFO", section).decode(errors="replace").splitlines():
            name, colon, value = line.partition(":")
            if colon and not line.startswith("#"):
                fields[name] = value
        return fields


def encode(words):
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        raw = word if isinstance(word, bytes) else str(word).encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(raw), raw))
    return b"".join(parts)


# ---- servers ----


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def binaries_set(overrides):
    """Takes SERVER=PATH words of a command line."""
    for word in overrides:
        kind, _, path = word.partition("=")
        if kind not in BINARIES or not path:
            raise BenchError("--binary wants one of %s, '=' and a path" % ", ".join(BINARIES))
        BINARIES[kind] = os.path.abspath(path)


def binary_of(kind):
    path = shutil.which(BINARIES[kind])
    if not path:
        what = "Debian's redis-server" if kind == "redis" else os.path.relpath(BINARIES[kind], REPO_DIR)
        raise BenchError("%s is not there (%s)" % (
            what, "install it" if kind == "redis" else "build it with make"))
    return path


class Server:
    """One running server: kind is torc, ok or redis; engine applies to the first two."""

    def __init__(self, kind, engine=None, options=()):
        self.kind, self.engine = kind, engine
        self.port = free_port()
        self.title = TITLES[kind] + (" (epoll)" if engine == "epoll" else "")
        command = [binary_of(kind), "--port", str(self.port)]
        if kind == "redis":
            command += ["--save", "", "--appendonly", "no"]
        elif kind == "torc":
            command += ["--save", ""]
        if engine and kind != "redis":
            command += ["--io-engine", engine]
        command += [str(o) for o in options]
        self.folder = tempfile.mkdtemp(prefix="server-", dir=build_dir())
        self.log = open(os.path.join(self.folder, "log"), "wb")
        self.process = subprocess.Popen(
            command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        self.pid = self.process.pid
        try:
            self._wait_ready()
        except BaseException:
            self.stop()
            raise

    def _wait_ready(self, timeout_s=20.0):
        give_up = time.monotonic() + timeout_s
        while True:
            if self.process.poll() is not None:
                raise BenchError("%s did not start:\n%s" % (self.title, self.log_tail()))
            try:
                client = Client(self.port, 5.0)
                try:
                    client.call("PING")
                finally:
                    client.close()
                return
            except (OSError, BenchError, ReplyError):
                if time.monotonic() > give_up:
                    raise BenchError("%s does not answer:\n%s" % (self.title, self.log_tail()))
                time.sleep(0.02)

    def log_tail(self):
        with open(os.path.join(self.folder, "log"), "rb") as f:
            return f.read()[-2000:].decode(errors="replace")

    def pin_main_thread(self, core):
        """Pins the thread that serves; helper threads, which exist by now, keep all cores."""
        os.sched_setaffinity(self.pid, {core})

    def client(self, timeout_s=30.0):
        return Client(self.port, timeout_s)

    def rss_bytes(self):
        with open("/proc/%d/status" % self.pid) as f:
            for line in f:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) * 1024
        raise BenchError("no VmRSS")

    def used_memory(self):
        client = self.client()
        try:
            return int(client.info("memory")["used_memory"])
        finally:
            client.close()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def settled(read, tolerance=0.001, timeout_s=10.0):
    """Reads a figure until two readings 200 ms apart agree, or time is up; returns the last one."""
    last, give_up = read(), time.monotonic() + timeout_s
    while True:
        time.sleep(0.2)
        value = read()
        if abs(value - last) <= tolerance * max(abs(last), 1) or time.monotonic() > give_up:
            return value
        last = value


# ---- the load generator ----


def build_dir():
    os.makedirs(BUILD_DIR, exist_ok=True)
    return BUILD_DIR


def load_build():
    """Compiles the load generator when its sources are newer than the binary."""
    folder = os.path.join(BENCH_DIR, "load")
    sources = [os.path.join(BENCH_DIR, "load.c")]
    sources += sorted(os.path.join(folder, n) for n in os.listdir(folder) if n.endswith(".c"))
    headers = [os.path.join(folder, n) for n in os.listdir(folder) if n.endswith(".h")]
    build_dir()
    if os.path.exists(LOAD_BINARY):
        built = os.path.getmtime(LOAD_BINARY)
        if all(os.path.getmtime(p) <= built for p in sources + headers):
            return
    command = [os.environ.get("CC", "cc"), "-std=gnu17", "-D_GNU_SOURCE", "-O2", "-g", "-Wall", "-Wextra", "-Werror",
               "-o", LOAD_BINARY] + sources + ["-luring"]
    if subprocess.run(command).returncode != 0:
        raise BenchError("the load generator does not compile")


def load(server, commands, core=None, **options):
    """Runs the load generator against a server; returns its report. Raises on any problem in the run."""
    if isinstance(commands, str):
        commands = [commands]
    arguments = [LOAD_BINARY]
    if server is not None:
        arguments += ["--port", str(server.port), "--pid", str(server.pid)]
    for command in commands:
        arguments += ["--command", command]
    for name, value in options.items():
        arguments += ["--" + name.replace("_", "-"), str(value)]
    pin = (lambda: os.sched_setaffinity(0, {core})) if core is not None else None
    run = subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=pin)
    who = server.title if server is not None else "the probe"
    if not run.stdout.strip():
        raise BenchError("load on %s: %s" % (who, run.stderr.decode(errors="replace").strip()))
    report = json.loads(run.stdout)
    if run.returncode != 0:
        raise BenchError("load on %s, %s: %s" % (who, report["name"][:60], report.get("problem")))
    return report


def preload(server, command, n, core=None, sequence=0):
    """Sends `command` n times with __seq__ counting up."""
    return load(server, command, core, connections=50, pipeline=64, requests=n, keyspace=sequence + n,
                sequence=sequence)


# ---- the machine, in the words that results may use ----


def machine():
    model, virtual = "unknown processor", False
    with open("/proc/cpuinfo") as f:
        for line in f:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
            if line.startswith("flags"):
                virtual = " hypervisor" in line
    cores = os.cpu_count()
    kind = "%d-core-%s" % (cores, "vm" if virtual else "host")
    return {"kind": kind, "cores": cores, "model": model, "kernel": os.uname().release}


def table(header, rows):
    """A Markdown table; cells that are numbers stand right."""
    lines = ["| " + " | ".join(header) + " |",
             "|" + "|".join("---" if i == 0 else "---:" for i in range(len(header))) + "|"]
    lines += ["| " + " | ".join(str(c) for c in row) + " |" for row in rows]
    return "\n".join(lines)


def main_guard(main):
    """Runs main(); a BenchError becomes a message and exit status 2."""
    try:
        sys.exit(main())
    except BenchError as e:
        print("error: %s" % e, file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)

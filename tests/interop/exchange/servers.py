"""A server that belongs to a test, and one connection to it."""
import os
import socket
import subprocess
import time


class ReplyError(Exception):
    pass


class Server:
    """A server of our own on a free port, and one connection to it."""

    def __init__(self, binary, folder, *options):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.log = open(os.path.join(folder, os.path.basename(binary) + ".log"), "w+b")
        command = [binary, "--port", str(self.port), "--save", "", "--enable-debug-command", "yes", *options]
        self.process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        give_up = time.monotonic() + 20
        while True:
            try:
                self.socket = socket.create_connection(("127.0.0.1", self.port), 20)
                self.file = self.socket.makefile("rb")
                if self.run("PING") == b"PONG":
                    return
            except (OSError, ReplyError):
                pass
            if self.process.poll() is not None or time.monotonic() > give_up:
                self.stop()
                self.log.seek(0)
                raise OSError("%s does not answer:\n%s" % (binary, self.log.read()[-2000:].decode(errors="replace")))
            time.sleep(0.02)

    def reply(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise OSError("the connection ended")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest
        if kind == b"-":
            raise ReplyError(rest.decode(errors="replace"))
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self.file.read(int(rest) + 2)[:-2]
        return [self.reply() for _ in range(int(rest))]

    def send(self, *words):
        words = [w if isinstance(w, bytes) else str(w).encode() for w in words]
        self.socket.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words))

    def run(self, *words):
        self.send(*words)
        return self.reply()

    def info(self, name):
        """A field of INFO."""
        for line in self.run("INFO", "everything").decode(errors="replace").splitlines():
            if line.startswith(name + ":"):
                return line.split(":", 1)[1]
        raise KeyError(name)

    def wait_for(self, what, condition):
        give_up = time.monotonic() + 20
        while not condition():
            if time.monotonic() > give_up:
                raise OSError("waited too long for " + what)
            time.sleep(0.01)

    def digest(self, key):
        return self.run("DEBUG", "DIGEST-VALUE", key)[0]

    def stop(self):
        self.process.terminate()
        try:
            return self.process.wait(10) == 0
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return False

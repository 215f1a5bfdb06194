"""Three servers and a proxy on free ports, for the tests of this folder."""

import os
import signal
import socket
import subprocess
import time

import redis

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SLOTS = ("0-5460", "5461-10922", "10923-16383")
NAMES = ("one", "two", "three")
PATIENCE_S = 20.0


def wait_until(condition, what, patience_s=PATIENCE_S):
    give_up = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > give_up:
            raise AssertionError("it never happened that " + what)
        time.sleep(0.01)


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


class Process:
    def __init__(self, name, command, port, folder):
        self.name, self.command, self.port = name, command, port
        self.log = open(os.path.join(folder, name + ".log"), "ab")
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        wait_until(self.answers, "%s answers on port %d" % (self.name, self.port))

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError("%s has ended" % self.name)
        try:
            return redis.Redis(port=self.port, socket_timeout=5).ping()
        except redis.RedisError:
            return False

    def end(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        try:
            return self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError("%s does not end" % self.name)


class World:
    """Three servers, a proxy, and clients of them."""

    def __init__(self, build, engine, folder, threads=2, options=()):
        ports = free_ports(4)
        self.engine = engine
        self.port = ports[3]
        server = [os.path.join(build, "torc-server"), "--save", "", "--bind", "127.0.0.1",
                  "--enable-debug-command", "local", "--dir"]
        self.servers = []
        for name, port in zip(NAMES, ports):
            os.mkdir(os.path.join(folder, name))
            self.servers.append(Process(name, server + [os.path.join(folder, name), "--port", str(port)], port, folder))
        command = [os.path.join(build, "torc-proxy"), "--port", str(self.port), "--bind", "127.0.0.1", "--threads", str(threads),
                   "--io-engine", engine, *options]
        for name, port, slots in zip(NAMES, ports, SLOTS):
            command += ["--shard", name, "127.0.0.1:%d" % port, slots]
        self.proxy = Process("proxy", command, self.port, folder)

    def client(self, **more):
        return redis.Redis(port=self.port, socket_timeout=PATIENCE_S, **more)

    def raw(self):
        s = socket.create_connection(("127.0.0.1", self.port))
        s.settimeout(PATIENCE_S)
        return s

    def owner(self, r, key):
        """The server whose slots hold the key."""
        slot = r.execute_command("CLUSTER KEYSLOT", key)
        return self.servers[0 if slot <= 5460 else 1 if slot <= 10922 else 2]

    def end(self):
        failed = []
        for process in [self.proxy] + self.servers:
            if process.process.poll() is None:
                code = process.end()
                if code != 0:
                    failed.append("%s ended with %d" % (process.name, code))
            elif process.process.returncode not in (0, -signal.SIGKILL):
                failed.append("%s had ended with %d" % (process.name, process.process.returncode))
        if failed:
            raise AssertionError("; ".join(failed))

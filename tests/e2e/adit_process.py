"""Adit as a process: started, read line by line, asked over RPC, stopped or pulled like a plug."""

import json
import os
import queue
import re
import signal
import subprocess
import tempfile
import threading
import time

ADIT = os.environ["ADIT"]


class Process:
    """One adit process. Its standard output is read line by line as it comes."""

    def __init__(self, *words, env=None):
        self.process = subprocess.Popen([ADIT, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        env={**os.environ, **(env or {})})
        self.lines = []
        self.fresh = queue.Queue()
        self.errors = []
        self.readers = [threading.Thread(target=self._read, daemon=True),
                        threading.Thread(target=self._read_errors, daemon=True)]
        for reader in self.readers:
            reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            self.fresh.put(line.rstrip("\n"))
        self.fresh.put(None)

    def _read_errors(self):
        self.errors.extend(self.process.stderr)

    def wait_for_line(self, pattern, seconds=60):
        """The next line that matches, as a match."""
        end = time.monotonic() + seconds
        while True:
            line = self.fresh.get(timeout=max(0.01, end - time.monotonic()))
            assert line is not None, f"ended before {pattern!r}: {self.text()}"
            if found := re.search(pattern, line):
                return found

    def blocks(self):
        """Height → hash of all blocks announced so far."""
        found = (re.match(r"block (\d+) ([0-9a-f]{64})$", line) for line in list(self.lines))
        return {int(match.group(1)): match.group(2) for match in found if match}

    def end(self, how=signal.SIGINT, seconds=20):
        """Sends the signal (None: none) and gives back the exit code."""
        if how is not None:
            self.process.send_signal(how)
        code = self.process.wait(timeout=seconds)
        for reader in self.readers:
            reader.join(timeout=seconds)
        self.process.stdout.close()
        self.process.stderr.close()
        return code

    def text(self):
        return "\n".join(self.lines) + "\n" + "".join(self.errors)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.end(signal.SIGKILL)


class Folder:
    """A data folder of its own, and how to run things in it."""

    def __init__(self, chain="regtest"):
        self.place = tempfile.TemporaryDirectory(prefix="adit-e2e-")
        self.chain = chain
        self.flags = ["--chain", chain, "--data-dir", self.place.name]

    def path(self, *parts):
        return os.path.join(self.place.name, self.chain, *parts)

    def solo(self, *words, **how):
        return Process("solo", *self.flags, "--rpc-port", "0", *words, **how)

    def node(self, *words):
        """A node alone, ready to answer."""
        node = Process("node", *self.flags, "--rpc-port", "0", "--no-listen", *words)
        found = node.wait_for_line(r"RPC ([0-9.]+):(\d+)")
        node.rpc_port = int(found.group(2))
        return node

    def run(self, command, *words):
        return subprocess.run([ADIT, command, *self.flags, *words], capture_output=True, text=True, timeout=60)

    def rpc(self, *words):
        done = self.run("rpc", *words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def rpc_json(self, *words):
        return json.loads(self.rpc(*words))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.place.cleanup()


def run(*words, env=None, input_text=None, seconds=60):
    """A command to its end."""
    return subprocess.run([ADIT, *words], capture_output=True, text=True, timeout=seconds, input=input_text,
                          env={**os.environ, **(env or {})})


def coins(amount_zat):
    return amount_zat / 100_000_000

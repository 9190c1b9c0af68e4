#!/usr/bin/env python3
"""A fresh node fetches a whole chain from another over loopback, TLS and all; both are real processes.

    bench/sync_bench.py ADIT --chain FILE|NAME --blocks N [--folder KEPT] [--runs R]

The first use mines the chain with `adit solo` into KEPT (kept for the next time). Prints headers
and blocks a second, from the first header seen to the last, and bytes fetched per byte stored. bench/specs/sync200.toml
is a chain whose blocks are solved in half a second each."""

import argparse
import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from base64 import b64encode


class Node:
    def __init__(self, adit, chain, folder, *words):
        self.flags = ["--chain", chain, "--data-dir", str(folder)]
        self.process = subprocess.Popen([adit, "node", *self.flags, "--rpc-port", "0", *words],
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        lines = []
        self.port = self.rpc_port = 0
        for line in self.process.stdout:
            lines.append(line)
            if found := re.search(r"RPC [0-9.]+:(\d+)", line):
                self.rpc_port = int(found.group(1))
                if "--no-listen" in words:
                    break
            if found := re.search(r"taking peers at port (\d+)", line):
                self.port = int(found.group(1))
                break
        assert self.rpc_port, "".join(lines)
        cookie = next(pathlib.Path(folder).glob("*/.cookie")).read_text().strip()
        self.authorization = "Basic " + b64encode(cookie.encode()).decode()
        # Its announcements must not fill the pipe.
        subprocess.Popen(["cat"], stdin=self.process.stdout, stdout=subprocess.DEVNULL)

    def rpc(self, method, *params):
        body = json.dumps({"method": method, "params": params, "id": 1}).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.rpc_port}", body,
                                         {"Authorization": self.authorization})
        return json.loads(urllib.request.urlopen(request).read())["result"]

    def cpu_s(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / 100

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def main():
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("adit")
    words.add_argument("--chain", required=True)
    words.add_argument("--blocks", type=int, required=True)
    words.add_argument("--folder")
    words.add_argument("--runs", type=int, default=3)
    args = words.parse_args()
    kept = pathlib.Path(args.folder) if args.folder else pathlib.Path(tempfile.mkdtemp(prefix="adit-bench-"))
    kept.mkdir(parents=True, exist_ok=True)
    source = Node(args.adit, args.chain, kept, "--listen", "127.0.0.1:0")
    missing = args.blocks - source.rpc("getblockcount")
    if missing > 0:
        source.end()
        subprocess.run([args.adit, "solo", "--chain", args.chain, "--data-dir", str(kept), "--rpc-port", "0",
                        "--blocks", str(missing)], check=True, stdout=subprocess.DEVNULL)
        source = Node(args.adit, args.chain, kept, "--listen", "127.0.0.1:0")
    height = source.rpc("getblockcount")
    best = source.rpc("getbestblockhash")
    sample = [source.rpc("getblock", source.rpc("getblockhash", h), 1)["size"] for h in range(1, height + 1, 50)]
    stored = sum(sample) / len(sample) * height
    for _ in range(args.runs):
        with tempfile.TemporaryDirectory(prefix="adit-bench-") as folder:
            source_before = source.cpu_s()
            start = time.monotonic()
            fresh = Node(args.adit, args.chain, folder, "--no-listen", "--connect", f"127.0.0.1:{source.port}")
            began = headers_done = None
            while fresh.rpc("getbestblockhash") != best:
                headers = fresh.rpc("getblockchaininfo")["headers"] if headers_done is None else height
                if began is None and headers > 0:
                    began, headers_before = time.monotonic(), headers
                if began is not None and headers_done is None and headers == height:
                    headers_done = time.monotonic()
                time.sleep(0.005)
            end = time.monotonic()
            took = end - (began or start)
            if headers_done and headers_done > began:
                print(f"headers: {(height - headers_before) / (headers_done - began):.0f} a second")
            fetched = fresh.rpc("getnettotals")["totalbytesrecv"]
            print(f"{height} blocks in {took:.2f} s: {height / took:.0f} blocks/s "
                  f"({end - start:.2f} s with the start); {fetched / stored:.3f} bytes fetched per byte "
                  f"stored; CPU {fresh.cpu_s():.2f} s here, {source.cpu_s() - source_before:.2f} s there")
            fresh.end()
    source.end()


if __name__ == "__main__":
    sys.exit(main())

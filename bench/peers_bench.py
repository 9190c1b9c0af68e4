#!/usr/bin/env python3
"""What connections cost a node: memory while idle, and TLS handshakes a second.

    bench/peers_bench.py ADIT [--connections 1000] [--seconds 5]

A real node; its peers are this script's, on loopback, over TLS 1.3. Handshakes are given as the node's own
CPU time for each, and as what two clients at once got through on the machine."""

import argparse
import multiprocessing
import pathlib
import re
import socket
import ssl
import sys
import tempfile
import time

from sync_bench import Node

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "e2e"))
from wire import frame, version  # noqa: E402


def context():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    return made


def memory_bytes(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) * 1024


def idle_peers(count, tls, port, magic, chain_id):
    """So many peers that have shaken hands and answered the first ping, which comes within a tick."""
    peers = []
    for _ in range(count):
        peer = tls.wrap_socket(socket.create_connection(("127.0.0.1", port)))
        peer.settimeout(10)
        peer.sendall(frame(magic, "version", version()) + frame(magic, "chainid", chain_id) + frame(magic, "verack"))
        peers.append(peer)
    for peer in peers:
        seen = b""
        while (at := seen.find(b"ping\0")) < 0 or len(seen) < at + 28:
            seen += peer.recv(65536)
        peer.sendall(frame(magic, "pong", seen[at + 20 : at + 28]))
    return peers


def shake_hands(port, seconds, count):
    tls = context()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.create_connection(("127.0.0.1", port)) as plain:
            tls.wrap_socket(plain).close()
        with count.get_lock():
            count.value += 1


def main():
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("adit")
    words.add_argument("--connections", type=int, default=1000)
    words.add_argument("--seconds", type=float, default=5)
    args = words.parse_args()
    with tempfile.TemporaryDirectory(prefix="adit-bench-") as folder:
        node = Node(args.adit, "regtest", folder, "--listen", "127.0.0.1:0", "--max-peers",
                    str(args.connections + 100))
        info = node.rpc("getblockchaininfo")
        spec = pathlib.Path(__file__).resolve().parents[1] / "node" / "specs" / "regtest.toml"
        magic = bytes.fromhex(re.search(r'^magic = "([0-9a-f]{8})"', spec.read_text(), re.M).group(1))
        chain_id = bytes.fromhex(info["chainid"])
        tls = context()
        peers = idle_peers(20, tls, node.port, magic, chain_id)  # what is made once is made
        before = memory_bytes(node.process)
        peers += idle_peers(args.connections, tls, node.port, magic, chain_id)
        time.sleep(1)
        assert node.rpc("getconnectioncount") == len(peers), "not all were let in"
        cost = (memory_bytes(node.process) - before) / args.connections
        print(f"{args.connections} idle connections: {cost / 1024:.1f} KiB each")
        for peer in peers:
            peer.close()
        time.sleep(1)

        count = multiprocessing.Value("i", 0)
        cpu = node.cpu_s()
        clients = [multiprocessing.Process(target=shake_hands, args=(node.port, args.seconds, count))
                   for _ in range(2)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        cpu = node.cpu_s() - cpu
        print(f"TLS: {count.value / args.seconds:.0f} handshakes/s with two clients on the same machine; "
              f"{cpu / count.value * 1e6:.0f} us of the node's CPU each, {count.value / cpu:.0f}/s a core")
        node.end()


if __name__ == "__main__":
    main()

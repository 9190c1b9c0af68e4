"""A network of real processes on loopback: mined on any of them, known to all; killed, restarted, in agreement."""

import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from adit_process import ADIT, Process

NODES = int(os.environ.get("ADIT_NODES", "4"))
ADDRESS = "RdFKTK2A71ZpRwJm1KCwfqshVP6UuVmk9fr"  # the regtest treasury's: its key is public


class Node:
    """One `adit node` with a data folder of its own, which survives its process."""

    def __init__(self, *words):
        self.place = tempfile.TemporaryDirectory(prefix="adit-e2e-")
        self.flags = ["--chain", "regtest", "--data-dir", self.place.name]
        self.words = list(words)
        self.port = 0
        self.process = None
        self.has_wallet = False

    def wallet(self, *words):
        done = subprocess.run([ADIT, "wallet", words[0], *self.flags, *words[1:]], capture_output=True, text=True,
                              timeout=60, env={**os.environ, "ADIT_WALLET_PASSPHRASE": "nine blue lanterns"})
        assert done.returncode == 0, done.stdout + done.stderr
        self.has_wallet = True
        return done.stdout.strip()

    def start(self, *words):
        """Starts it, at the port it had before; `words` are for this time alone."""
        listen = [] if "--no-listen" in self.words else ["--listen", f"127.0.0.1:{self.port}"]
        address = [] if self.has_wallet else ["--address", ADDRESS]
        self.process = Process("node", *self.flags, "--rpc-port", "0", *address, *listen, *self.words, *words)
        self.rpc_port = int(self.process.wait_for_line(r"RPC [0-9.]+:(\d+)").group(1))
        if listen:
            self.port = int(self.process.wait_for_line(r"taking peers at port (\d+)").group(1))
        return self

    def at(self):
        return f"127.0.0.1:{self.port}"

    def rpc(self, *words):
        done = subprocess.run([ADIT, "rpc", *self.flags, *words], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def rpc_json(self, *words):
        return json.loads(self.rpc(*words))

    def best(self):
        return self.rpc("getbestblockhash")

    def mine(self, blocks):
        """`adit mine` against it, as any miner would."""
        cookie = os.path.join(self.place.name, "regtest", ".cookie")
        with Process("mine", "-o", f"http://127.0.0.1:{self.rpc_port}", "--cookie", cookie,
                     "--blocks", str(blocks)) as mine:
            assert mine.end(None, 120) == 0, mine.text()
        return mine.blocks()

    def kill(self):
        self.process.end(signal.SIGKILL)
        self.process = None

    def end(self):
        """SIGTERM. @return seconds it took"""
        start = time.monotonic()
        code = self.process.end(signal.SIGTERM)
        assert code == 0, self.process.text()
        self.process = None
        return time.monotonic() - start

    def clean(self):
        if self.process is not None:
            self.kill()
        self.place.cleanup()


def wait_until(what, seconds, why):
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {why}")
        time.sleep(0.1)


class Network(unittest.TestCase):
    def node(self, *words):
        node = Node(*words)
        self.addCleanup(node.clean)
        return node

    def agree(self, nodes, height, seconds=20):
        def same():
            return len({node.best() for node in nodes}) == 1 and int(nodes[0].rpc("getblockcount")) >= height
        wait_until(same, seconds, f"all at height {height}")

    def test_mined_anywhere_known_everywhere_killed_and_back(self):
        seed = int(os.environ.get("ADIT_SEED", str(random.SystemRandom().randrange(1 << 32))))
        print(f"ADIT_SEED={seed} ADIT_NODES={NODES}", file=sys.stderr)
        dice = random.Random(seed)
        first = self.node().start()
        nodes = [first]
        for _ in range(NODES - 1):
            nodes.append(self.node("--addnode", first.at()).start())
        wait_until(lambda: all(int(n.rpc("getconnectioncount")) >= min(3, NODES - 1) for n in nodes), 30,
                   "everybody has peers")
        for node in nodes:
            for peer in node.rpc_json("getpeerinfo"):
                self.assertTrue(peer["tls"], "peers speak TLS unasked")
        nodes[1].mine(3)
        self.agree(nodes, 3)
        nodes[-1].mine(2)
        self.agree(nodes, 5)

        # Half of them die like a pulled plug; the others go on.
        dead = dice.sample(nodes[1:], NODES // 2)
        for node in dead:
            node.kill()
        living = [node for node in nodes if node not in dead]
        mined = dice.choice(living).mine(4)
        self.agree(living, 9)
        for node in dead:
            node.start()
        self.agree(nodes, 9, 60)
        for height, block_hash in mined.items():
            self.assertEqual(dead[0].rpc("getblockhash", str(height)), block_hash)
        supply = {json.dumps(node.rpc_json("gettxoutsetinfo"), sort_keys=True) for node in nodes}
        issued = {json.loads(text)["issuedZat"] for text in supply}
        self.assertEqual(issued, {9 * 1250000000})

        # A solo miner joins as a node of its own; what it finds reaches all, and it has what they have.
        place = tempfile.TemporaryDirectory(prefix="adit-e2e-")
        self.addCleanup(place.cleanup)
        with Process("solo", "--chain", "regtest", "--data-dir", place.name, "--rpc-port", "0", "--listen",
                     "127.0.0.1:0", "--addnode", first.at()) as solo:
            end = time.monotonic() + 60
            # Its first blocks may lose against the nine that are there; those above must reach all.
            while not any(height > 10 for height in solo.blocks()) and time.monotonic() < end:
                time.sleep(0.1)
            self.assertEqual(solo.end(signal.SIGINT), 130, solo.text())
        found = {height: text for height, text in solo.blocks().items() if height > 9}
        self.assertTrue(found, solo.text())
        self.agree(nodes, 10)
        chain = {height: first.rpc("getblockhash", str(height)) for height in found
                 if height <= int(first.rpc("getblockcount"))}
        self.assertTrue(any(found[height] == text for height, text in chain.items()), "no block of solo's reached them")
        for node in nodes:
            self.assertLess(node.end(), 5, "SIGTERM")

    def test_paid_from_one_and_mined_through_a_pool_at_another(self):
        first = self.node("--rpc-user", "rig", "--rpc-password", "pw").start()
        payer = self.node("--addnode", first.at())
        payer.wallet("new")
        nodes = [first, payer.start()]
        for _ in range(NODES - 2):
            nodes.append(self.node("--addnode", first.at()).start())
        wait_until(lambda: all(int(n.rpc("getconnectioncount")) >= min(3, NODES - 1) for n in nodes), 30,
                   "everybody has peers")
        payer.mine(1)
        self.agree(nodes, 1)
        for _ in range(4):
            nodes[-1].rpc("generate", "25")
        self.agree(nodes, 101, 60)

        txid = payer.wallet("send", ADDRESS, "3")
        self.assertRegex(txid, "^[0-9a-f]{64}$")
        wait_until(lambda: all(txid in n.rpc_json("getrawmempool") for n in nodes), 60, "all have heard of the payment")
        height, block_hash = next(iter(nodes[-1].mine(1).items()))
        self.agree(nodes, height)
        for node in nodes:
            self.assertIn(txid, node.rpc_json("getblock", block_hash)["tx"])
            self.assertEqual(node.rpc_json("getrawmempool"), [])
        self.assertGreater(payer.rpc_json("gettransaction", txid)["confirmations"], 0)

        # A pool over the first node; what its miner finds is everybody's block, too.
        before = int(first.rpc("getblockcount"))
        with Process("pool", "--node", f"http://rig:pw@127.0.0.1:{first.rpc_port}", "--listen", "127.0.0.1:0",
                     "--ledger", os.path.join(first.place.name, "shares.db"), "--share-every", "0.5") as pool:
            port = pool.wait_for_line(r"miners: stratum\+tcp://127\.0\.0\.1:(\d+)").group(1)
            pool.wait_for_line(r"work comes")
            with Process("mine", "-a", "48,5", "-o", f"stratum+tcp://wallet.rig:x@127.0.0.1:{port}", "-t", "1") as rig:
                found = pool.wait_for_line(r"block (\d+) ([0-9a-f]{16})… accepted by http")
                self.assertEqual(rig.end(signal.SIGINT), 130, rig.text())
            self.assertEqual(pool.end(signal.SIGTERM), 0, pool.text())
        self.assertGreater(int(found.group(1)), before)
        self.agree(nodes, int(found.group(1)))
        for node in nodes:
            self.assertTrue(node.rpc("getblockhash", found.group(1)).startswith(found.group(2)))
        supply = {json.dumps(node.rpc_json("gettxoutsetinfo"), sort_keys=True) for node in nodes}
        self.assertEqual(len({json.loads(text)["issuedZat"] for text in supply}), 1)

    @unittest.skipIf(NODES > 4, "once is enough: the everyday suite has it")
    def test_two_nodes_that_hear_of_each_other_keep_one_connection(self):
        first = self.node().start()
        nodes = [first, *(self.node("--addnode", first.at()).start() for _ in range(2))]

        def settled():
            return all(sum(peer["handshake_done"] for peer in node.rpc_json("getpeerinfo")) == 2 for node in nodes)
        wait_until(settled, 30, "three nodes, two connections each")
        time.sleep(3)
        self.assertTrue(settled(), "and it stays so")

    def test_a_newcomer_has_eight_peers_in_five_seconds(self):
        if NODES < 9:
            self.skipTest("needs nine nodes: ADIT_NODES=20, as in the long suite")
        first = self.node().start()
        others = [self.node("--addnode", first.at()).start() for _ in range(NODES - 2)]
        wait_until(lambda: int(first.rpc("getconnectioncount")) >= len(others), 30, "all are at the first")
        newcomer = self.node("--addnode", first.at()).start()
        start = time.monotonic()

        def ready():
            return sum(peer["handshake_done"] for peer in newcomer.rpc_json("getpeerinfo")) >= 8
        wait_until(ready, 5, "eight peers from one address")
        print(f"eight peers from one address after {time.monotonic() - start:.1f} s", file=sys.stderr)

    @unittest.skipIf(NODES > 4, "once is enough: the everyday suite has it")
    def test_bans_survive_a_pulled_plug(self):
        node = self.node().start()
        node.rpc("setban", "192.0.2.7", "add", "3600")
        node.rpc("setban", "192.0.2.8", "add", "3600")
        node.rpc("setban", "192.0.2.8", "remove")
        time.sleep(0.5)
        node.kill()
        node.start()
        self.assertEqual([ban["address"] for ban in node.rpc_json("listbanned")], ["192.0.2.7"])

    @unittest.skipIf(NODES > 4, "once is enough: the everyday suite has it")
    def test_pins(self):
        server = self.node().start()
        pin = server.rpc_json("getnetworkinfo")["tls_sha256"]
        good = self.node("--no-listen", "--connect", f"{server.at()}#sha256={pin}").start()
        bad = self.node("--no-listen", "--allow-plain-peers", "--connect",
                        f"{server.at()}#sha256={'0' * 64}").start()
        wait_until(lambda: good.rpc_json("getpeerinfo") and good.rpc_json("getpeerinfo")[0]["handshake_done"], 10,
                   "the pinned peer is there")
        self.assertTrue(good.rpc_json("getpeerinfo")[0]["pinned"])
        time.sleep(2)
        self.assertFalse(any(peer["handshake_done"] for peer in bad.rpc_json("getpeerinfo")), "another certificate")

    @unittest.skipIf(NODES > 4, "once is enough: the everyday suite has it")
    def test_who_once_spoke_tls_is_never_tried_plain(self):
        server = self.node().start()
        client = self.node("--no-listen", "--allow-plain-peers", "--connect", server.at()).start()
        wait_until(lambda: any(peer["tls"] for peer in client.rpc_json("getpeerinfo")), 10, "TLS")
        time.sleep(0.5)
        client.kill()  # what it knows must be on disk by now
        server.kill()
        stranger = self.node("--no-listen", "--allow-plain-peers", "--connect", server.at())
        with PlainListener(server.port) as listener:
            client.start()
            time.sleep(4)
            self.assertTrue(listener.first_bytes, "it tries")
            self.assertEqual(set(listener.first_bytes), {0x16}, "talked down to plain text")
            client.kill()
            del listener.first_bytes[:]
            stranger.start()  # who never met it falls back where plain is allowed: the check can fail
            wait_until(lambda: any(byte != 0x16 for byte in listener.first_bytes), 10, "the fallback")

    @unittest.skipIf(NODES > 4, "once is enough: the everyday suite has it")
    def test_the_most_peers_are_kept_to(self):
        first = self.node("--max-peers", "3").start()
        others = [self.node("--no-listen", "--connect", first.at()).start() for _ in range(5)]
        time.sleep(5)
        self.assertLessEqual(int(first.rpc("getconnectioncount")), 3)
        self.assertGreater(int(first.rpc("getconnectioncount")), 0)
        del others


class PlainListener:
    """Takes connections at a port, notes the first byte of each and hangs up."""

    def __init__(self, port):
        self.first_bytes = []
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(("127.0.0.1", port))
        self.socket.listen()
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            connection.settimeout(2)
            try:
                if byte := connection.recv(1):
                    self.first_bytes.append(byte[0])
            except OSError:
                pass
            connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


if __name__ == "__main__":
    unittest.main()

"""A hand-made peer against a real node over real sockets: conformance and resistance, after the list of Ziggurat
(the network test suite for Zcash nodes)."""

import json
import os
import pathlib
import re
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

from rpc_program_test import ADDRESS, mine, own_coinbase
from wire import Peer, address, compact_size, frame, read_compact_size, sha256d, version

ADIT = os.environ["ADIT"]
SPEC = pathlib.Path(__file__).resolve().parents[2] / "node" / "specs" / "regtest.toml"
KEY = re.search(r'# key: "adit regtest treasury", (\w+)', SPEC.read_text()).group(1)  # of ADDRESS
MAGIC = bytes.fromhex(re.search(r'^magic = "([0-9a-f]{8})"', SPEC.read_text(), re.M).group(1))
GROWTH_MAX = 8 << 20  # bytes of memory an attack may cost


class Node:
    def __init__(self, *options, chain="regtest", plain=True):
        self.folder = tempfile.TemporaryDirectory(prefix="adit-e2e-")
        self.flags = ["--chain", chain, "--data-dir", self.folder.name]
        self.process = subprocess.Popen(
            [ADIT, "node", *self.flags, "--rpc-port", "0",
             "--listen", "127.0.0.1:0", *(["--allow-plain-peers"] if plain else []), "--address", ADDRESS, *options],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.port = 0
        self.peers = []
        for line in self.process.stdout:
            if found := re.search(r"taking peers at port (\d+)", line):
                self.port = int(found.group(1))
                break
        assert self.port, "the node did not start"
        info = self.rpc_json("getblockchaininfo")
        self.chain_id = bytes.fromhex(info["chainid"])

    def rpc(self, *words):
        done = subprocess.run([ADIT, "rpc", *self.flags, *words], capture_output=True, text=True, timeout=20)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def rpc_json(self, *words):
        return json.loads(self.rpc(*words))

    def cpu_s(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_bytes(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) * 1024

    def peer(self, **how):
        self.peers.append(Peer(self.port, MAGIC, self.chain_id, **how))
        return self.peers[-1]

    def close_peers(self):
        while self.peers:
            self.peers.pop().close()

    def stop(self):
        self.process.terminate()
        start = time.monotonic()
        self.process.wait(timeout=10)
        took = time.monotonic() - start
        self.process.stdout.close()
        self.folder.cleanup()
        return took


class BlackBox(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.node = Node()
        cls.genesis = bytes.fromhex(cls.node.rpc("getblockhash", "0"))[::-1]

    @classmethod
    def tearDownClass(cls):
        took = cls.node.stop()
        assert took <= 5, f"SIGTERM took {took:.1f} s"

    def tearDown(self):
        self.node.close_peers()

    def test_handshake(self):
        peer = self.node.peer(shake=False)
        peer.send("version", version())
        self.assertTrue(peer.expect("version"))
        self.assertEqual(peer.expect("chainid"), self.node.chain_id)
        peer.expect("verack")
        peer.send("chainid", self.node.chain_id)
        peer.send("verack")
        self.assertTrue(peer.is_alive())

    def test_another_chain_is_sent_away(self):
        for chain_id in (b"\1" * 32, None):
            peer = self.node.peer(shake=False)
            peer.send("version", version())
            if chain_id:
                peer.send("chainid", chain_id)
            peer.send("verack")
            self.assertTrue(peer.is_closed(), chain_id)

    def test_old_versions_are_rejected_with_a_reason(self):
        peer = self.node.peer(shake=False)
        peer.send("version", version(protocol=170001))
        reject = peer.expect("reject")
        self.assertIn(b"version", reject)
        self.assertEqual(reject[8], 0x11)
        self.assertTrue(peer.is_closed())

    def test_messages_before_the_handshake_bring_nothing(self):
        peer = self.node.peer(shake=False)
        peer.send("getaddr")
        peer.send("ping", b"12345678")
        peer.shake_hands()
        self.assertTrue(peer.is_alive())

    def test_unknown_messages_are_ignored(self):
        peer = self.node.peer()
        for command, payload in (("alert", b"x" * 100), ("sendcmpct", b"\0" * 9), ("filterclear", b""), ("zz", b"")):
            peer.send(command, payload)
        self.assertTrue(peer.is_alive())

    def test_broken_frames_end_the_connection(self):
        good = frame(MAGIC, "ping", b"12345678")
        for name, data in {
            "wrong magic": b"\0" * 4 + good[4:],
            "wrong checksum": frame(MAGIC, "ping", b"12345678", checksum=b"abcd"),
            "oversize": frame(MAGIC, "block", b"", length=3 << 20),
            "four gigabytes": frame(MAGIC, "block", b"", length=0xFFFFFFFF),
            "command not padded": MAGIC + b"ping\0pong\0\0\0" + good[16:],
            "empty command": MAGIC + b"\0" * 12 + good[16:],
            "http": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "noise": os.urandom(4096).replace(MAGIC[:1], b"\0"),
        }.items():
            with self.subTest(name):
                peer = self.node.peer()
                peer.send_raw(data)
                self.assertTrue(peer.is_closed())

    def test_frames_cut_short_leave_nothing(self):
        before = self.node.memory_bytes()
        whole = frame(MAGIC, "addr", compact_size(1000) + os.urandom(30_000))
        for cut in (1, 4, 16, 20, 23, 24, 25, 1000, len(whole) - 1):
            peer = self.node.peer()
            peer.send_raw(whole[:cut])
            peer.close()
        # A frame of 2 MiB is announced and never comes: nothing is set aside for it.
        for _ in range(30):
            self.node.peer().send_raw(frame(MAGIC, "block", b"", length=2 << 20))
        honest = self.node.peer()
        self.assertTrue(honest.is_alive())
        self.assertLess(self.node.memory_bytes() - before, GROWTH_MAX)

    def test_a_flood_of_bad_headers_costs_little(self):
        before, cpu = self.node.memory_bytes(), self.node.cpu_s()
        honest = self.node.peer()
        worst = 0
        for i in range(500):
            header = (struct.pack("<i", 4) + self.genesis + os.urandom(32) + b"\0" * 32
                      + struct.pack("<II", int(time.time()), 0x200F0F0F) + os.urandom(32) + compact_size(36) + os.urandom(36))
            peer = self.node.peer()
            peer.send("headers", compact_size(1) + header + b"\0")
            self.assertTrue(peer.is_closed(), "the first one ends it")
            self.node.peers.remove(peer)
            peer.close()
            if i % 50 == 0:
                start = time.monotonic()
                self.assertTrue(honest.is_alive())
                worst = max(worst, time.monotonic() - start)
        print(f"500 bad headers, a connection each: {self.node.cpu_s() - cpu:.2f} s of CPU", file=sys.stderr)
        self.assertLess(worst, 1)
        self.assertLess(self.node.memory_bytes() - before, GROWTH_MAX)

    def test_malformed_messages_end_the_connection(self):
        for command, payload in (("version", b"\1"), ("headers", b"\1"), ("inv", b"\5" + b"\0" * 36), ("block", b"\0" * 80),
                                 ("tx", b""), ("getheaders", b"\0" * 5), ("ping", b"")):
            with self.subTest(command):
                peer = self.node.peer()
                peer.send(command, payload)
                self.assertTrue(peer.is_closed())

    def test_overlong_lists_cost_points_and_in_the_end_the_connection(self):
        peer = self.node.peer()
        too_many = compact_size(50001) + b"\0" * 36
        for _ in range(4):
            peer.send("inv", too_many)
        self.assertTrue(peer.is_alive())
        peer.send("inv", too_many)
        self.assertTrue(peer.is_closed())

    def test_genesis_headers_and_unknown_blocks(self):
        peer = self.node.peer()
        locator = struct.pack("<i", 170002) + compact_size(1) + self.genesis + b"\0" * 32
        peer.send("getheaders", locator)
        count, _ = read_compact_size(peer.expect("headers"), 0)
        self.assertEqual(count, int(self.node.rpc("getblockcount")))
        unknown = compact_size(1) + struct.pack("<I", 2) + os.urandom(32)
        peer.send("getdata", unknown)
        self.assertEqual(peer.expect("notfound"), unknown)

    def test_getaddr_is_answered_once(self):
        peer = self.node.peer()
        peer.send("getaddr")
        peer.expect("addr")
        peer.send("getaddr")
        peer.send("ping", b"abcdefgh")
        while True:
            command, payload = peer.next()
            self.assertNotEqual(command, "addr")
            if command == "pong" and payload == b"abcdefgh":
                break

    def test_bad_headers_are_punished_and_cost_no_body(self):
        # Follows genesis, but is nobody's work.
        header = (struct.pack("<i", 4) + self.genesis + os.urandom(32) + b"\0" * 32
                  + struct.pack("<II", int(time.time()), 0x200F0F0F) + os.urandom(32) + compact_size(36) + os.urandom(36))
        peer = self.node.peer()
        asked = []
        for _ in range(3):
            try:
                peer.send("headers", compact_size(1) + header + b"\0")
            except OSError:
                break
        while (message := peer.next()) is not None:
            asked.append(message[0])
        self.assertNotIn("getdata", asked)

    def test_headers_that_do_not_follow_each_other(self):
        def header(prev):
            return (struct.pack("<i", 4) + prev + os.urandom(32) + b"\0" * 32 + struct.pack("<II", 1, 0x200F0F0F)
                    + os.urandom(32) + compact_size(36) + os.urandom(36) + b"\0")
        peer = self.node.peer()
        for _ in range(5):
            try:
                peer.send("headers", compact_size(2) + header(self.genesis) + header(b"\7" * 32))
            except OSError:
                break
        self.assertTrue(peer.is_closed())

    def test_an_invalid_block_is_refused_and_punished(self):
        peer = self.node.peer()
        header = (struct.pack("<i", 4) + self.genesis + os.urandom(32) + b"\0" * 32
                  + struct.pack("<II", int(time.time()), 0x200F0F0F) + os.urandom(32) + compact_size(36) + os.urandom(36))
        before = self.node.rpc("getbestblockhash")
        for _ in range(3):
            try:
                peer.send("block", header + compact_size(0))
            except OSError:
                break
        self.assertTrue(peer.is_closed())
        self.assertEqual(self.node.rpc("getbestblockhash"), before)

    def test_an_invalid_block_never_leaves_the_first_honest_node(self):
        def told(watcher):
            """What the watcher has been told of since."""
            watcher.send("ping", b"isthatal")
            said = []
            while (message := watcher.next()) != ("pong", b"isthatal"):
                said.append(message)
            return [(command, payload) for command, payload in said if command in ("inv", "headers", "block")]

        watcher = self.node.peer()
        told(watcher)
        template = self.node.rpc_json("getblocktemplate")
        template["coinbasevalue"] += 1  # one base unit too much for the miner; the work is real
        block = bytes.fromhex(mine(template, own_coinbase(template, b"\x51")))
        block_hash = sha256d(block[:177])
        liar = self.node.peer()
        liar.send("block", block)
        self.assertTrue(liar.is_closed())
        self.assertEqual(told(watcher), [])
        asker = self.node.peer()
        asker.send("getdata", compact_size(1) + struct.pack("<I", 2) + block_hash)
        asker.expect("notfound")
        # The same without the lie goes to everybody: the check above can fail.
        template["coinbasevalue"] -= 1
        block = bytes.fromhex(mine(template, own_coinbase(template, b"\x51")))
        honest = self.node.peer()
        honest.send("block", block)
        self.assertTrue(honest.is_alive())
        self.assertIn(sha256d(block[:177]), b"".join(payload for _, payload in told(watcher)))

    def test_data_nobody_asked_for_changes_nothing(self):
        before = self.node.memory_bytes()
        peer = self.node.peer()
        tx = (struct.pack("<i", 1) + b"\1" + b"\5" * 32 + b"\0" * 4 + b"\0" + b"\xff" * 4 + b"\1"
              + struct.pack("<q", 1) + b"\1\x51" + b"\0" * 4)
        for i in range(200):
            peer.send("notfound", compact_size(100) + b"".join(struct.pack("<I", 1 + i % 2) + os.urandom(32) for _ in range(100)))
            peer.send("tx", tx[:5] + os.urandom(32) + tx[37:])  # spends what nobody knows
            peer.send("pong", os.urandom(8))
            peer.send("bodies", compact_size(0))
        self.assertTrue(peer.is_alive())
        self.assertLess(self.node.memory_bytes() - before, GROWTH_MAX)
        self.assertEqual(self.node.rpc_json("getpeerinfo")[-1]["inflight"], [])

    def test_bodies_are_given_without_their_headers(self):
        count = int(self.node.rpc("getblockcount"))
        if count == 0:
            template = self.node.rpc_json("getblocktemplate")
            self.node.peer().send("block", bytes.fromhex(mine(template, own_coinbase(template, b"\x51"))))
            time.sleep(0.5)
        block_hash = bytes.fromhex(self.node.rpc("getblockhash", "1"))[::-1]
        block = bytes.fromhex(self.node.rpc("getblock", block_hash[::-1].hex(), "0"))
        peer = self.node.peer()
        peer.send("getdata", compact_size(1) + struct.pack("<I", 0x40000002) + block_hash)
        self.assertEqual(peer.expect("bodies"), b"\1" + block_hash + block[177:])
        peer.send("getdata", compact_size(1) + struct.pack("<I", 2) + block_hash)
        self.assertEqual(peer.expect("block"), block)

    def test_half_open_connections_keep_nobody_out(self):
        before = self.node.memory_bytes()
        lurkers = []
        for i in range(1000):
            lurker = socket.create_connection(("127.0.0.1", self.node.port), timeout=5)
            lurker.sendall(MAGIC[: 1 + i % 4])
            lurkers.append(lurker)
        start = time.monotonic()
        honest = self.node.peer()
        took = time.monotonic() - start
        self.assertTrue(honest.is_alive())
        self.assertLess(took, 1.0)
        time.sleep(6)  # their time is over
        left = int(self.node.rpc("getconnectioncount"))
        self.assertLess(left, 30)
        for lurker in lurkers:
            lurker.close()
        self.assertLess(self.node.memory_bytes() - before, GROWTH_MAX)

    def test_silent_and_slow_strangers_keep_nobody_out(self):
        # More than the node holds half open: some say nothing, some begin a TLS handshake a byte at a time.
        lurkers = []
        for i in range(600):
            lurker = socket.create_connection(("127.0.0.1", self.node.port), timeout=5)
            if i % 2:
                lurker.sendall(b"\x16")
            lurkers.append(lurker)
        worst = 0
        for _ in range(10):
            start = time.monotonic()
            honest = self.node.peer()
            worst = max(worst, time.monotonic() - start)
            self.assertTrue(honest.is_alive())
            for lurker in lurkers[1::20]:
                try:
                    lurker.sendall(b"\x03")
                except OSError:
                    pass
        self.assertLess(worst, 1.0)
        for lurker in lurkers:
            lurker.close()

    def test_floods_cost_no_memory(self):
        self.node.peer().close()
        before = self.node.memory_bytes()
        peer = self.node.peer()
        inv = compact_size(1000) + b"".join(struct.pack("<I", 2) + os.urandom(32) for _ in range(1000))
        addr = compact_size(1000) + b"".join(
            struct.pack("<I", int(time.time())) + address(1, f"{20 + i % 200}.{i // 200}.3.4", 8233) for i in range(1000))
        for _ in range(50):
            peer.send("inv", inv)
            peer.send("addr", addr)
        self.assertTrue(peer.is_alive())
        self.assertLess(self.node.memory_bytes() - before, GROWTH_MAX)


class Payments(unittest.TestCase):
    def test_invalid_ones_never_leave_the_first_honest_node(self):
        node = Node("--relay-policy", "flood")
        self.addCleanup(node.stop)
        self.addCleanup(node.close_peers)
        for _ in range(4):
            node.rpc("generate", "26")
        coinbase = node.rpc_json("getblock", "1")["tx"][0]
        plain = node.rpc("createrawtransaction", json.dumps([{"txid": coinbase, "vout": 0}]), json.dumps({ADDRESS: "7.4"}))
        signed = node.rpc_json("signrawtransaction", plain, "[]", json.dumps([KEY]))
        self.assertTrue(signed["complete"], signed)
        good = bytes.fromhex(signed["hex"])
        value = struct.pack("<q", 740_000_000)
        self.assertEqual(good.count(value), 1)
        watcher = node.peer()

        def told():
            time.sleep(0.5)
            watcher.send("ping", b"isthatal")
            said = []
            while (message := watcher.next()) != ("pong", b"isthatal"):
                said.append(message[0])
            return [command for command in said if command in ("inv", "tx")]

        told()
        wrong_signature = bytearray(good)
        wrong_signature[60] ^= 1  # within the number s or r of its signature
        for name, bad in {
            "another signature": bytes(wrong_signature),
            "more out than in": good.replace(value, struct.pack("<q", 760_000_000)),
            "less than nothing": good.replace(value, struct.pack("<q", -1)),
            "spent twice in one": good[:4] + b"\2" + good[5:5 + 41 + good[41]] * 2 + good[5 + 41 + good[41]:],
        }.items():
            with self.subTest(name):
                liar = node.peer()
                liar.send("tx", bad)
                self.assertTrue(liar.is_closed(), "consensus is broken: it is sent away")
                self.assertEqual(told(), [])
                self.assertEqual(node.rpc_json("getrawmempool"), [])
        honest = node.peer()
        honest.send("tx", good)
        self.assertTrue(honest.is_alive())
        self.assertEqual(told(), ["inv"], "without the lie it is news: the checks above can fail")

        # What any peer of the family may ask for.
        asker = node.peer()
        txid = sha256d(good)
        wanted = compact_size(1) + struct.pack("<I", 1) + txid
        asker.send("mempool")
        self.assertEqual(asker.expect("inv"), wanted)
        asker.send("getdata", wanted)
        self.assertEqual(asker.expect("tx"), good)
        genesis = bytes.fromhex(node.rpc("getblockhash", "0"))[::-1]
        asker.send("getblocks", struct.pack("<i", 170002) + compact_size(1) + genesis + b"\0" * 32)
        told_of = asker.expect("inv")
        self.assertEqual(told_of[0], 104)
        self.assertEqual(told_of[1:37], struct.pack("<I", 2) + bytes.fromhex(node.rpc("getblockhash", "1"))[::-1])


class Doors(unittest.TestCase):
    """Who may come in without TLS, and without the chain's id."""

    def spec(self, old, new):
        text = SPEC.read_text()
        self.assertEqual(text.count(old), 1)
        file = tempfile.NamedTemporaryFile("w", suffix=".toml", prefix="adit-e2e-")
        self.addCleanup(file.close)
        file.write(text.replace(old, new))
        file.flush()
        return file.name

    def node(self, *options, **how):
        node = Node(*options, **how)
        self.addCleanup(node.stop)
        self.addCleanup(node.close_peers)
        return node

    def test_plain_peers_stay_outside_unless_they_are_allowed(self):
        node = self.node(plain=False)
        peer = node.peer(shake=False)
        peer.send("version", version())
        self.assertTrue(peer.is_closed())
        self.assertEqual(node.rpc_json("getpeerinfo"), [])

    def test_where_the_spec_says_foreign_peers_they_need_neither(self):
        node = self.node(plain=False, chain=self.spec("foreign_peers = false", "foreign_peers = true"))
        peer = node.peer(shake=False)
        peer.send("version", version())
        peer.send("verack")
        peer.expect("verack")
        self.assertTrue(peer.is_alive())
        [info] = node.rpc_json("getpeerinfo")
        self.assertEqual((info["tls"], info["handshake_done"]), (False, True))
        # Another chain's id is no better for that.
        peer = node.peer(shake=False)
        peer.send("version", version())
        peer.send("chainid", b"\1" * 32)
        peer.send("verack")
        self.assertTrue(peer.is_closed())

    def test_a_node_with_nobody_finds_the_seeds_of_its_spec(self):
        seed = self.node()
        lonely = self.node(chain=self.spec("seeds = []", f'seeds = ["127.0.0.1:{seed.port}"]'))
        end = time.monotonic() + 10
        while not any(peer["handshake_done"] for peer in lonely.rpc_json("getpeerinfo")):
            self.assertLess(time.monotonic(), end)
            time.sleep(0.1)

    def test_an_operator_rules_over_the_peers(self):
        node, other = self.node(), self.node()
        there = f"127.0.0.1:{other.port}"

        def until_connected(count):
            end = time.monotonic() + 10
            while sum(peer["handshake_done"] for peer in node.rpc_json("getpeerinfo")) != count:
                self.assertLess(time.monotonic(), end, f"{count} connections")
                time.sleep(0.1)

        self.assertEqual(node.rpc_json("getaddednodeinfo"), [])
        node.rpc("addnode", there, "add")
        until_connected(1)
        self.assertEqual(node.rpc("getconnectioncount"), "1")
        self.assertEqual(node.rpc_json("getaddednodeinfo"), [{"addednode": there, "connected": True}])
        [info] = node.rpc_json("getpeerinfo")
        self.assertEqual((info["addr"], info["tls"], info["inbound"]), (there, True, False))
        totals = node.rpc_json("getnettotals")
        self.assertGreater(totals["totalbytesrecv"], 100)
        self.assertGreater(totals["totalbytessent"], 100)
        node.rpc("disconnectnode", there)
        until_connected(1)  # it was added, so it comes again
        node.rpc("addnode", there, "remove")
        node.rpc("disconnectnode", there)
        until_connected(0)
        other.rpc("setban", "127.0.0.1", "add", "60")
        self.assertEqual([ban["address"] for ban in other.rpc_json("listbanned")], ["127.0.0.1"])
        stranger = other.peer(shake=False)
        stranger.send("version", version())
        self.assertTrue(stranger.is_closed())
        other.rpc("setban", "127.0.0.1", "remove")
        self.assertEqual(other.rpc_json("listbanned"), [])
        self.assertTrue(other.peer().is_alive())


class LowWork(unittest.TestCase):
    """A chain whose spec asks for the work of 480 blocks; strangers offer a node that has nothing yet the first 400 of
    them, each with all its work in it."""

    def setUp(self):
        self.honest = Node()
        self.addCleanup(self.honest.stop)
        for _ in range(12):
            self.honest.rpc("generate", "40")
        text = SPEC.read_text()
        work = self.honest.rpc_json("getblockchaininfo")["chainwork"]
        self.assertEqual(text.count("seeds = []"), 1)
        self.spec = tempfile.NamedTemporaryFile("w", suffix=".toml", prefix="adit-e2e-")
        self.addCleanup(self.spec.close)
        self.spec.write(text.replace("seeds = []", f'seeds = []\nminimum_chain_work = "{work}"'))
        self.spec.flush()
        self.node = Node(chain=self.spec.name)
        self.addCleanup(self.node.stop)
        self.addCleanup(self.node.close_peers)

    def headers(self):
        """All of the honest chain, as it serves them: whole messages, and each header by itself."""
        asker = self.honest.peer()
        self.addCleanup(self.honest.close_peers)
        last = bytes.fromhex(self.honest.rpc("getblockhash", "0"))[::-1]
        found = []
        for _ in range(3):
            asker.send("getheaders", struct.pack("<i", 170002) + compact_size(1) + last + b"\0" * 32)
            payload = asker.expect("headers")
            self.assertEqual(payload[0], 160)
            found += [payload[at : at + 178] for at in range(1, len(payload), 178)]
            last = sha256d(found[-1][:177])
        return found

    def test_a_flood_of_low_work_headers_leaves_nothing(self):
        headers = self.headers()
        self.assertEqual(len(headers), 480)
        messages = [compact_size(len(part)) + b"".join(part)
                    for part in (headers[:160], headers[160:320], headers[320:400])]
        self.node.peer()
        before = self.node.memory_bytes()
        cpu = self.node.cpu_s()
        for _ in range(12):  # more than may prove their work at a time
            stranger = self.node.peer()
            for _ in range(20):
                for message in messages:
                    stranger.send("headers", message)
            self.assertTrue(stranger.is_alive(), "there is nothing wrong with its headers")
        sent = 12 * 20 * 400
        print(f"{sent} low-work headers: {self.node.cpu_s() - cpu:.2f} s of CPU", file=sys.stderr)
        self.assertLess(self.node.memory_bytes() - before, GROWTH_MAX)
        self.assertEqual(self.node.rpc_json("getblockchaininfo")["headers"], 0)
        self.assertEqual(len(self.node.rpc_json("getchaintips")), 1, "genesis alone")
        block = bytes.fromhex(self.honest.rpc("getblock", "1", "0"))
        self.node.peer().send("block", block)
        self.assertTrue(self.node.peers[-1].is_alive())
        self.assertEqual(len(self.node.rpc_json("getchaintips")), 1, "nor a block that nobody asked for")

        self.node.rpc("addnode", f"127.0.0.1:{self.honest.port}", "add")
        end = time.monotonic() + 10
        while int(self.node.rpc("getblockcount")) < 480:
            self.assertLess(time.monotonic(), end, "the honest chain, 480 blocks, in 10 s")
            time.sleep(0.1)


if __name__ == "__main__":
    unittest.main()

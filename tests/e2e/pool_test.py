"""`adit pool` with a node, miners and a ledger, all processes of their own; and what kill -9 of each costs."""

import os
import re
import signal
import sqlite3
import unittest

from adit_process import Folder, Process, run

LOGIN = ("--rpc-user", "rig", "--rpc-password", "pw")


class Place:
    """A chain with an address to mine to, a node on a port that stays, and a pool's folder."""

    def __init__(self, chain="regtest"):
        self.folder = Folder(chain)
        with self.folder.solo("--blocks", "1") as solo:
            assert solo.end(None, 170) == 0, solo.text()
        self.address = re.search(r"coins go to (\w+)", solo.text()).group(1)
        self.ledger = os.path.join(self.folder.place.name, "pool", "shares.db")

    def node(self, port="0"):
        node = Process("node", *self.folder.flags, "--rpc-port", str(port), "--no-listen", "--address", self.address,
                       *LOGIN)
        node.rpc_port = int(node.wait_for_line(r"RPC ([0-9.]+):(\d+)").group(2))
        return node

    def pool(self, node_port, *words, listen="127.0.0.1:0"):
        pool = Process("pool", "--node", f"http://rig:pw@127.0.0.1:{node_port}", "--listen", listen,
                       "--ledger", self.ledger, "--share-every", "0.5", "--print-time", "1", *words)
        pool.port = int(pool.wait_for_line(r"miners: stratum\+tcp://127\.0\.0\.1:(\d+)").group(1))
        pool.wait_for_line(r"work comes")
        return pool

    def in_ledger(self):
        """Worker → accepted shares."""
        with sqlite3.connect(f"file:{self.ledger}?mode=ro", uri=True) as db:
            return dict(db.execute("SELECT name, count(*) FROM share JOIN worker ON worker.id = worker GROUP BY name"))


def miner(port, worker, *words, scheme="stratum+tcp"):
    return Process("mine", "-a", "48,5", "-o", f"{scheme}://wallet.{worker}:x@127.0.0.1:{port}", "-t", "1",
                   "--print-time", "1", "-R", "0.2", *words)


def accepted_by(process):
    """How many shares a miner has heard to be accepted, by what it says at its end."""
    return int(re.findall(r"accepted (\d+)  stale", process.text())[-1])


class Pool(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = Place()

    @classmethod
    def tearDownClass(cls):
        cls.place.folder.place.cleanup()

    def test_two_miners_share_a_pool(self):
        with self.place.node() as node:
            height = int(self.place.folder.rpc("getblockcount"))
            with self.place.pool(node.rpc_port) as pool, miner(pool.port, "one", "--shares", "20") as one, \
                    miner(pool.port, "two", "--shares", "20") as two:
                for each in (one, two):
                    self.assertEqual(each.end(None, 60), 0, each.text())
                self.assertGreater(int(self.place.folder.rpc("getblockcount")), height)
                pool.wait_for_line(r"block \d+ [0-9a-f]{16}… accepted by http")
                self.assertEqual(pool.end(signal.SIGTERM), 0, pool.text())
                ledger = self.place.in_ledger()
                self.assertGreaterEqual(ledger["wallet.one"], accepted_by(one))
                self.assertGreaterEqual(ledger["wallet.two"], accepted_by(two))
                self.assertIn("every answered share is in the ledger", pool.text())
            shown = run("pool", "shares", "--ledger", self.place.ledger, "--pplns", "1000000")
            self.assertEqual(shown.returncode, 0, shown.stderr)
            self.assertRegex(shown.stdout, r"wallet\.one +\d+ +\d+ +\d+\.\d\d%")
            self.assertRegex(shown.stdout, r"[0-9a-f]{16}… .* accepted +wallet\.(one|two)")
            node.end(signal.SIGTERM)

    def test_a_killed_miner_costs_nobody_else_anything(self):
        with self.place.node() as node, self.place.pool(node.rpc_port) as pool, \
                miner(pool.port, "victim") as victim, miner(pool.port, "other", "--shares", "30") as other:
            heard = int(victim.wait_for_line(r"(?:accepted in|block for the pool).*\((\d+) so far").group(1))
            victim.end(signal.SIGKILL)
            self.assertEqual(other.end(None, 60), 0, other.text())
            self.assertGreaterEqual(self.place.in_ledger()["wallet.victim"], heard)
            self.assertEqual(pool.end(signal.SIGTERM), 0, pool.text())
            node.end(signal.SIGTERM)

    def test_a_killed_pool_loses_no_accepted_share(self):
        with self.place.node() as node:
            pool = self.place.pool(node.rpc_port)
            with pool, miner(pool.port, "patient") as rig:
                rig.wait_for_line(r"so far\)")
                pool.end(signal.SIGKILL)
                rig.wait_for_line(r"waiting: .*; next try in \d+\.\d s")
                with self.place.pool(node.rpc_port, listen=f"127.0.0.1:{pool.port}") as again:
                    rig.wait_for_line(r"there is work again")
                    rig.wait_for_line(r"so far\)")
                    self.assertEqual(rig.end(signal.SIGINT), 130, rig.text())
                    self.assertGreaterEqual(self.place.in_ledger()["wallet.patient"], accepted_by(rig))
                    self.assertEqual(again.end(signal.SIGTERM), 0, again.text())
            node.end(signal.SIGTERM)

    def test_a_killed_node_is_waited_for(self):
        node = self.place.node()
        with node, self.place.pool(node.rpc_port) as pool, miner(pool.port, "rig") as rig:
            pool.wait_for_line(r"accepted by http")
            self.assertEqual(node.end(signal.SIGKILL), -9)
            pool.wait_for_line(r"no node answers")
            with self.place.node(node.rpc_port) as again:
                pool.wait_for_line(r"work comes")
                pool.wait_for_line(r"accepted by http")
                self.assertEqual(rig.end(signal.SIGINT), 130, rig.text())
                self.assertGreaterEqual(self.place.in_ledger()["wallet.rig"], accepted_by(rig))
                self.assertEqual(pool.end(signal.SIGTERM), 0, pool.text())
                again.end(signal.SIGTERM)

    def test_a_pool_and_a_node_take_turns(self):
        with self.place.node() as node, Folder() as other:
            own = other.node("--address", self.place.address, *LOGIN)
            pool = self.place.pool(node.rpc_port)
            with own, Process("mine", "-a", "48,5", "-t", "1", "-R", "0.1", "--return-to-main", "1", "-o",
                              f"stratum+tcp://127.0.0.1:{pool.port}", "-u", "wallet.turns", "-o",
                              f"http://rig:pw@127.0.0.1:{own.rpc_port}") as rig:
                with pool:
                    rig.wait_for_line(r"so far\)")
                    pool.end(signal.SIGKILL)
                rig.wait_for_line(rf"{own.rpc_port}: gives work now")
                rig.wait_for_line(r"^block \d+ [0-9a-f]{64}$")
                with self.place.pool(node.rpc_port, listen=f"127.0.0.1:{pool.port}") as again:
                    rig.wait_for_line(rf"{pool.port}: is back")
                    rig.wait_for_line(r"so far\)")
                    self.assertEqual(rig.end(signal.SIGINT), 130, rig.text())
                    counted = dict(re.findall(r"(stratum\+tcp|http)://\S+  accepted (\d+)", rig.text()))
                    self.assertGreaterEqual(self.place.in_ledger()["wallet.turns"], int(counted["stratum+tcp"]))
                    self.assertGreaterEqual(int(counted["http"]), 1)
                    self.assertGreaterEqual(int(other.rpc("getblockcount")), 1)
                    self.assertEqual(again.end(signal.SIGTERM), 0, again.text())
                own.end(signal.SIGTERM)
            node.end(signal.SIGTERM)

    def test_a_second_node_gets_the_blocks_too(self):
        with self.place.node() as node, Folder() as other:
            second = Process("node", *other.flags, "--rpc-port", "0", "--no-listen", "--address", self.place.address,
                             *LOGIN)
            with second:
                port = second.wait_for_line(r"RPC ([0-9.]+):(\d+)").group(2)
                with self.place.pool(node.rpc_port, "--node", f"http://rig:pw@127.0.0.1:{port}") as pool, \
                        miner(pool.port, "rig", "--shares", "1") as rig:
                    # Its chain is another one's: it hears of the block and says what it thinks of it.
                    pool.wait_for_line(rf"(accepted|refused) by http://127\.0\.0\.1:{port}")
                    self.assertEqual(rig.end(None, 60), 0, rig.text())
                    self.assertEqual(pool.end(signal.SIGTERM), 0, pool.text())
                second.end(signal.SIGTERM)
            node.end(signal.SIGTERM)

    def test_tls_failover_and_a_recording(self):
        with self.place.node() as node, self.place.pool(node.rpc_port, "--listen-tls", "127.0.0.1:0") as pool:
            lines = "\n".join(pool.lines)
            pin = re.search(r"certificate ([0-9a-f]{64})", lines).group(1)
            tls = int(re.search(r"miners: stratum\+ssl://127\.0\.0\.1:(\d+)", lines).group(1))
            there = f"127.0.0.1:{tls}"
            record = os.path.join(self.place.folder.place.name, "session.jsonl")
            done = run("mine", "-o", "stratum+tcp://w.r@127.0.0.1:1", "-o", f"stratum+ssl://w.r:secret@{there}", "-R",
                       "0.1", "--tls-fingerprint", pin, "--shares", "3", "-t", "1", "--record", record)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertIn("nothing listens at 127.0.0.1:1", done.stdout)
            with open(record, encoding="utf-8") as file:
                self.assertNotIn("secret", file.read())
            replayed = run("replay", record)
            self.assertEqual(replayed.returncode, 0, replayed.stdout + replayed.stderr)
            self.assertIn("the same as then", replayed.stdout)

            plain = f"127.0.0.1:{pool.port}"
            table = [
                ([f"stratum+ssl://w.r@{there}"], f"--tls-fingerprint {pin}"),
                ([f"stratum+ssl://w.r@{there}", "--tls-fingerprint", "00" * 32], "fingerprint is " + pin),
                ([f"stratum+tcp://w.r@{there}"], "this port speaks TLS"),
                ([f"stratum+ssl://w.r@{plain}"], "this port does not speak TLS"),
                (["stratum+tcp://w.r@no-such-host.invalid:3333"], "no-such-host.invalid"),
            ]
            for words, says in table:
                done = run("mine", "-r", "1", "-o", *words)
                self.assertEqual(done.returncode, 4, [words, done.stdout, done.stderr])
                self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
                self.assertIn(says, done.stderr)
            self.assertEqual(pool.end(signal.SIGTERM), 0, pool.text())
            node.end(signal.SIGTERM)

    def test_a_password_that_is_wanted(self):
        with self.place.node() as node, self.place.pool(node.rpc_port, "--password", "open") as pool:
            done = run("mine", "-r", "1", "-o", f"stratum+tcp://w.r:shut@127.0.0.1:{pool.port}")
            self.assertEqual(done.returncode, 4, done.stdout + done.stderr)
            self.assertIn("wrong password", done.stderr)
            done = run("mine", "-o", f"stratum+tcp://w.r:open@127.0.0.1:{pool.port}", "--shares", "1", "-t", "1")
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            pool.end(signal.SIGTERM)
            node.end(signal.SIGTERM)

    def test_words_of_the_pool(self):
        for words, code, says in [
            (["pool"], 2, "--node"),
            (["pool", "--node", "stratum+tcp://127.0.0.1:1"], 2, "http://user:password@host:port"),
            (["pool", "--node", "http://127.0.0.1:1", "--listen", "nowhere"], 2, "--listen nowhere"),
            (["pool", "--node", "http://127.0.0.1:1", "--algo", "7,7"], 2, "--algo 7,7"),
            (["pool", "--node", "http://127.0.0.1:1", "--ledger", "/proc/nowhere/s.db"], 2, "/proc/nowhere"),
            (["pool", "shares", "--ledger", "/nowhere/s.db"], 4, "/nowhere/s.db"),
            (["replay", "/nowhere/r.jsonl"], 2, "/nowhere/r.jsonl"),
            (["mine", "-o", "stratum+tcp://127.0.0.1:3333"], 2, "-u WALLET"),
            (["mine", "-o", "stratum+tcp://127.0.0.1:3333", "-o", "http://127.0.0.1:8232"], 2, "-u WALLET"),
            (["mine", "-o", "http://127.0.0.1:8232", "--record", "r.jsonl"], 2,
             "http://127.0.0.1:8232 is a node: leave out"),
            (["mine", "-o", "stratum+tcp://w@127.0.0.1:3333", "-o", "http://127.0.0.1:8232", "--record", "r.jsonl"], 2,
             "http://127.0.0.1:8232 is a node: leave out"),
            (["mine", "-o", "stratum+tcp://w@127.0.0.1:3333", "--tls-fingerprint", "12"], 2, "64 hex digits"),
            (["mine", "-o", "stratum+tcp://w@127.0.0.1:3333", "--proxy", "http://x"], 2, "socks5://"),
        ]:
            done = run(*words)
            self.assertEqual(done.returncode, code, [words, done.stdout, done.stderr])
            self.assertEqual(done.stderr.count("\n"), 1, [words, done.stderr])
            self.assertIn(says, done.stderr)


@unittest.skipUnless(os.environ.get("ADIT_POOL_200_9"), "full-size Equihash takes minutes: the long suite's")
class FullSize(unittest.TestCase):
    def test_two_miners_on_200_9_and_a_kill_of_each(self):
        place = Place("local")
        rigs = []
        try:
            with place.folder, place.node() as node, place.pool(node.rpc_port) as pool:
                port, node_port = pool.port, node.rpc_port
                rigs = [Process("mine", "-a", "200,9", "-o", f"stratum+tcp://wallet.{name}@127.0.0.1:{port}", "-t", "1",
                                "-R", "0.2", "--print-time", "1") for name in ("one", "two")]
                for rig in rigs:
                    rig.wait_for_line(r"so far\)", 300)
                pool.wait_for_line(r"accepted by http", 60)
                self.assertGreaterEqual(int(place.folder.rpc("getblockcount")), 2)

                pool.end(signal.SIGKILL)
                rigs[0].wait_for_line(r"waiting: ")
                with place.pool(node_port, listen=f"127.0.0.1:{port}") as again:
                    rigs[0].wait_for_line(r"there is work again")
                    rigs[0].wait_for_line(r"so far\)", 300)
                    node.end(signal.SIGKILL)
                    again.wait_for_line(r"no node answers")
                    with place.node(node_port) as node_again:
                        again.wait_for_line(r"work comes")
                        again.wait_for_line(r"accepted by http", 300)
                        heard = max((int(count) for count in re.findall(r"\((\d+) so far\)", "\n".join(
                            line for line in rigs[1].lines if "accepted" in line or "for the pool" in line))), default=0)
                        rigs[1].end(signal.SIGKILL)
                        self.assertEqual(rigs[0].end(signal.SIGINT), 130, rigs[0].text())
                        self.assertGreaterEqual(heard, 1)
                        self.assertGreaterEqual(place.in_ledger()["wallet.two"], heard)
                        self.assertGreaterEqual(place.in_ledger()["wallet.one"], accepted_by(rigs[0]))
                        self.assertEqual(again.end(signal.SIGTERM), 0, again.text())
                        node_again.end(signal.SIGTERM)
        finally:
            for rig in rigs:
                rig.__exit__()


if __name__ == "__main__":
    unittest.main()

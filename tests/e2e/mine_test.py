"""`adit mine` against a node of its own process: credentials, cookies, restarts, another algorithm."""

import re
import signal
import time
import unittest

from adit_process import Folder, Process, run


class Mine(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Folder()
        with cls.folder.solo("--blocks", "1") as solo:
            assert solo.end(None, 60) == 0, solo.text()
        cls.address = re.search(r"coins go to (\w+)", solo.text()).group(1)

    @classmethod
    def tearDownClass(cls):
        cls.folder.place.cleanup()

    def node(self, *words):
        return self.folder.node("--address", self.address, "--rpc-user", "rig", "--rpc-password", "p@ss:word", *words)

    def test_by_password_and_by_cookie(self):
        with self.node() as node:
            before = int(self.folder.rpc("getblockcount"))
            with Process("mine", "-o", f"http://rig:p%40ss%3Aword@127.0.0.1:{node.rpc_port}", "--blocks", "3") as mine:
                self.assertEqual(mine.end(None, 60), 0, mine.text())
            self.assertEqual(sorted(mine.blocks()), [before + 1, before + 2, before + 3])
            self.assertNotIn("ss:word", mine.text())
            with Process("mine", "-o", f"http://127.0.0.1:{node.rpc_port}", "--cookie", self.folder.path(".cookie"),
                         "-a", "48,5", "--blocks", "1") as mine:
                self.assertEqual(mine.end(None, 60), 0, mine.text())
            with Process("mine", "-o", f"http://127.0.0.1:{node.rpc_port}", "-u", "rig", "-p", "p@ss:word",
                         "--pers", "auto", "--blocks", "1") as mine:
                self.assertEqual(mine.end(None, 60), 0, mine.text())
            for height, block_hash in mine.blocks().items():
                self.assertEqual(self.folder.rpc("getblockhash", str(height)), block_hash)
            node.end(signal.SIGTERM)

    def test_a_restart_of_the_node_is_waited_out(self):
        with self.node() as node:
            port = node.rpc_port
            mine = Process("mine", "-o", f"http://rig:p%40ss%3Aword@127.0.0.1:{port}", "-a", "48,5")
            with mine:
                mine.wait_for_line(r"^block ")
                self.assertEqual(node.end(signal.SIGKILL), -9)
                mine.wait_for_line(r"waiting: no node answers.*; next try in \d+\.\d s")
                time.sleep(0.5)
                again = Process("node", *self.folder.flags, "--rpc-port", str(port), "--no-listen", "--address",
                                self.address, "--rpc-user", "rig", "--rpc-password", "p@ss:word")
                with again:
                    mine.wait_for_line(r"there is work again")
                    mine.wait_for_line(r"^block ")
                    self.assertEqual(mine.end(signal.SIGINT), 130, mine.text())
                    for height, block_hash in mine.blocks().items():
                        self.assertEqual(self.folder.rpc("getblockhash", str(height)), block_hash)
                    again.end(signal.SIGTERM)

    def test_when_the_first_node_dies_the_second_serves_until_it_is_back(self):
        with Folder() as other, self.node() as node:
            second = other.node("--address", self.address, "--rpc-user", "rig", "--rpc-password", "second")
            first = f"http://127.0.0.1:{node.rpc_port}"
            with second, Process("mine", "-o", first.replace("//", "//rig:p%40ss%3Aword@"), "-o",
                                 f"http://rig:second@127.0.0.1:{second.rpc_port}", "-a", "48,5", "-R", "0.1",
                                 "--return-to-main", "1") as mine:
                mine.wait_for_line(r"^block ")
                before = int(self.folder.rpc("getblockcount"))
                self.assertEqual(node.end(signal.SIGKILL), -9)
                mine.wait_for_line(r"waiting: no node answers")
                mine.wait_for_line(rf"{second.rpc_port}: gives work now")
                mine.wait_for_line(r"^block ")
                mine.wait_for_line(r"^block ")
                self.assertGreaterEqual(int(other.rpc("getblockcount")), 2)
                again = Process("node", *self.folder.flags, "--rpc-port", str(node.rpc_port), "--no-listen",
                                "--address", self.address, "--rpc-user", "rig", "--rpc-password", "p@ss:word")
                with again:
                    mine.wait_for_line(rf"{first}: is back")
                    mine.wait_for_line(r"^block ")
                    self.assertEqual(mine.end(signal.SIGINT), 130, mine.text())
                    self.assertGreater(int(self.folder.rpc("getblockcount")), before)
                    self.assertNotIn("ss:word", mine.text())
                    again.end(signal.SIGTERM)
                second.end(signal.SIGTERM)

    def test_what_is_wrong_is_said_in_one_line(self):
        with self.node() as node:
            here = f"127.0.0.1:{node.rpc_port}"
            good = f"http://rig:p%40ss%3Aword@{here}"
            table = [
                ([f"http://rig:wrong@{here}"], 2, "refuses user and password"),
                ([f"http://{here}"], 2, "refuses user and password"),
                ([good, "-a", "200,9"], 2, "Equihash 48,5, not 200,9"),
                ([good, "--pers", "BgoldPoW"], 2, "not BgoldPoW"),
                ([good, "--coin", "zcash"], 2, "--algo 48,5"),
                (["http://127.0.0.1:1"], 4, "nothing listens at 127.0.0.1:1"),
                (["http://no-such-host.invalid:8232"], 4, "no-such-host.invalid"),
            ]
            for words, code, says in table:
                done = run("mine", "-o", *words)
                self.assertEqual(done.returncode, code, words + [done.stdout, done.stderr])
                self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
                self.assertIn(says, done.stderr)
                self.assertNotIn("ss:word", done.stdout + done.stderr)
            node.end(signal.SIGTERM)

    def test_a_node_without_an_address_says_what_is_missing(self):
        with self.folder.node() as node:
            done = run("mine", "-o", f"http://127.0.0.1:{node.rpc_port}", "--cookie", self.folder.path(".cookie"))
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("--address", done.stderr)
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
            node.end(signal.SIGTERM)


if __name__ == "__main__":
    unittest.main()

"""`adit solo` as its user meets it: blocks, the split, stopping and going on, colours, second processes."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import time
import unittest

from adit_process import ADIT, Folder, run

SHARES = {"miner": 750000000, "treasury": 250000000, "secure nodes": 125000000, "super nodes": 125000000}


class Solo(unittest.TestCase):
    def test_mines_blocks_that_pay_60_10_10_20_and_ends(self):
        with Folder() as folder:
            with folder.solo("--blocks", "5") as solo:
                self.assertEqual(solo.end(None, 60), 0, solo.text())
            self.assertEqual(sorted(solo.blocks()), [1, 2, 3, 4, 5], solo.text())
            self.assertEqual(solo.text().count("miner 7.5, treasury 2.5, secure nodes 1.25, super nodes 1.25"), 5)
            self.assertEqual(os.stat(folder.path("mining.key")).st_mode & 0o777, 0o600)
            address = re.search(r"coins go to (\w+)", solo.text()).group(1)

            with folder.node() as node:
                self.assertEqual(folder.rpc("getblockcount"), "5")
                for height, block_hash in solo.blocks().items():
                    self.assertEqual(folder.rpc("getblockhash", str(height)), block_hash)
                    block = folder.rpc_json("getblock", block_hash, "2")
                    outputs = block["tx"][0]["vout"]
                    self.assertEqual(sorted(out["valueZat"] for out in outputs), sorted(SHARES.values()))
                    self.assertEqual(outputs[0]["scriptPubKey"]["addresses"], [address])
                supply = folder.rpc_json("gettxoutsetinfo")
                self.assertEqual(supply["issuedZat"], 5 * 1250000000)
                self.assertEqual(supply["issuedZat"], supply["unspentZat"] + supply["unspendableZat"])
                self.assertEqual(node.end(signal.SIGTERM), 0)

    def test_mines_on_an_opencl_device_that_is_asked_for(self):
        devices = [one["id"] for one in json.loads(run("devices", "--json").stdout) if one["backend"] == "opencl"]
        if not devices:
            self.skipTest("no OpenCL device here (Debian: pocl-opencl-icd makes one of the CPU)")
        with Folder() as folder:
            with folder.solo("-d", devices[0], "--blocks", "3") as solo:
                self.assertEqual(solo.end(None, 120), 0, solo.text())
            self.assertEqual(sorted(solo.blocks()), [1, 2, 3], solo.text())
            self.assertIn(f"device {devices[0]} ", solo.text())
            self.assertNotIn("device cpu ", solo.text())
            self.assertIn(" 0 wrong", solo.lines[-1])

    def test_a_second_run_continues_the_chain_with_the_same_key(self):
        with Folder() as folder:
            with folder.solo("--blocks", "3") as first:
                self.assertEqual(first.end(None, 60), 0)
            with folder.solo("--blocks", "2") as second:
                self.assertEqual(second.end(None, 60), 0)
            self.assertEqual(sorted(second.blocks()), [4, 5])
            address = re.search(r"coins go to (\w+)", first.text()).group(1)
            self.assertIn(f"mining to {address}", second.text())

    def test_ctrl_c_ends_cleanly_with_130(self):
        with Folder() as folder:
            with folder.solo() as solo:
                solo.wait_for_line(r"^block 2 ")
                start = time.monotonic()
                self.assertEqual(solo.end(signal.SIGINT), 130)
                self.assertLess(time.monotonic() - start, 5)
            self.assertRegex(solo.lines[-1], r"^mined for .*: \d+ blocks, \d+ solutions, 0 wrong, \d+ stale$")
            with folder.node() as node:  # nothing that was announced is lost
                for height, block_hash in solo.blocks().items():
                    self.assertEqual(folder.rpc("getblockhash", str(height)), block_hash)
                node.end(signal.SIGTERM)

    def test_sigterm_and_rpc_stop_end_it_with_0(self):
        with Folder() as folder:
            with folder.solo() as solo:
                solo.wait_for_line(r"^block 1 ")
                self.assertEqual(solo.end(signal.SIGTERM), 0, solo.text())
            with folder.solo() as solo:
                solo.wait_for_line(r"^block ")
                self.assertEqual(folder.rpc("stop"), "Adit stopping")
                self.assertEqual(solo.end(None), 0, solo.text())

    def test_an_address_of_ones_own_is_paid(self):
        with Folder() as one, Folder() as two:
            with one.solo("--blocks", "1") as solo:
                self.assertEqual(solo.end(None, 60), 0)
            address = re.search(r"coins go to (\w+)", solo.text()).group(1)
            with two.solo("--address", address) as solo:
                solo.wait_for_line(r"^block 1 ")
                block = two.rpc_json("getblock", "1", "2")
                self.assertEqual(block["tx"][0]["vout"][0]["scriptPubKey"]["addresses"], [address])
                self.assertGreater(two.rpc_json("getlocalsolps"), -1)
            self.assertFalse(os.path.exists(two.path("mining.key")))

    def test_who_holds_the_folder_or_the_port_is_named(self):
        with Folder() as folder, Folder() as other:
            with folder.node() as node:
                for flags, code, says in [
                    (folder.flags, 1, str(node.process.pid)),
                    ([*other.flags, "--rpc-port", str(node.rpc_port)], 1, str(node.rpc_port)),
                    ([*other.flags, "--rpc-port", str(node.rpc_port)], 1, "--rpc-port"),
                ]:
                    done = run("solo", *flags)
                    self.assertEqual(done.returncode, code, done.stderr)
                    self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
                    self.assertIn(says, done.stderr)
                self.assertEqual(node.end(signal.SIGTERM), 0)

    def test_a_closed_pipe_ends_it(self):
        with Folder() as folder:
            done = subprocess.run(f"{ADIT} solo {' '.join(folder.flags)} --rpc-port 0 | head -n 2", shell=True,
                                  capture_output=True, text=True, timeout=60)
            self.assertEqual(done.stdout.count("\n"), 2)

    def test_the_local_chain_mines_200_9(self):
        with Folder("local") as folder:
            with folder.solo("--blocks", "1") as solo:
                self.assertEqual(solo.end(None, 240), 0, solo.text())
            self.assertEqual(sorted(solo.blocks()), [1])
            self.assertIn("Equihash 200,9", solo.text())


class Terminal(unittest.TestCase):
    def screen(self, *words, env=None):
        """What `adit solo` writes to a terminal."""
        with Folder() as folder:
            leader, follower = pty.openpty()
            process = subprocess.Popen([ADIT, "solo", *folder.flags, "--rpc-port", "0", "--blocks", "3",
                                        "--print-time", "1", *words], stdout=follower, stderr=follower,
                                       env={**os.environ, "TERM": "xterm", **(env or {})})
            os.close(follower)
            text = b""
            while select.select([leader], [], [], 60)[0]:
                try:
                    more = os.read(leader, 4096)
                except OSError:  # the other end is closed
                    break
                if not more:
                    break
                text += more
            os.close(leader)
            self.assertEqual(process.wait(timeout=60), 0)
            return text.decode()

    def test_colours_only_where_they_are_wanted(self):
        self.assertIn("\x1b[", self.screen())
        self.assertNotIn("\x1b", self.screen("--no-color"))
        self.assertNotIn("\x1b", self.screen(env={"NO_COLOR": "1"}))
        with Folder() as folder:
            with folder.solo("--blocks", "1") as solo:
                self.assertEqual(solo.end(None, 60), 0)
            self.assertNotIn("\x1b", solo.text())

    def test_blocks_and_rates_fit_80_columns(self):
        plain = re.sub(r"\x1b\[[0-9;]*m", "", self.screen())
        lines = plain.splitlines()
        shown = [line for line in lines if line.startswith(("block ", "  ")) or "Sol/s" in line]
        self.assertGreaterEqual(len(shown), 9)
        for line in shown:
            self.assertLessEqual(len(line), 80, line)
            self.assertNotIn("data in", line)


if __name__ == "__main__":
    unittest.main()

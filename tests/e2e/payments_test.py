"""A payment between two nodes: signed, relayed, mined by the other one, kept over kill -9; then the stored chain is
checked from its first block, whole and with a bit turned over."""

import json
import pathlib
import re
import signal
import time
import unittest

from adit_process import Folder, Process, run

SPEC = (pathlib.Path(__file__).resolve().parents[2] / "node" / "specs" / "regtest.toml").read_text()
KEY, ADDRESS = re.search(r'# key: "adit regtest treasury", (\w+)\naddresses = \["(\w+)"\]', SPEC).groups()
OTHER = re.search(r'# key: "adit regtest secure_nodes", \w+\naddresses = \["(\w+)"\]', SPEC).group(1)


def until(what, seconds=30):
    """Whether it comes true in time."""
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


class Payments(unittest.TestCase):
    def setUp(self):
        self.folders, self.nodes = [Folder(), Folder()], []

    def tearDown(self):
        for node in self.nodes:
            node.__exit__()
        for folder in self.folders:
            folder.__exit__()

    def start(self, which, *options):
        folder = self.folders[which]
        node = Process("node", *folder.flags, "--rpc-port", "0", "--address", ADDRESS, *options)
        node.wait_for_line(r"RPC ([0-9.]+):(\d+)")
        self.nodes.append(node)
        return folder, node

    def pay(self, node, height):
        """Spends the miner's coin of that height; gives back the signed bytes."""
        coinbase = node.rpc_json("getblock", str(height))["tx"][0]
        hex_text = node.rpc("createrawtransaction", json.dumps([{"txid": coinbase, "vout": 0}]),
                            json.dumps({OTHER: "7.4999"}))
        signed = node.rpc_json("signrawtransaction", hex_text, "[]", json.dumps([KEY]))
        self.assertTrue(signed["complete"], signed)
        return signed["hex"]

    def test_a_payment_reaches_the_other_node_and_its_blocks(self):
        a, process_a = self.start(0, "--listen", "127.0.0.1:0")
        port = process_a.wait_for_line(r"taking peers at port (\d+)").group(1)
        b, process_b = self.start(1, "--no-listen", "--connect", f"127.0.0.1:{port}")
        a.rpc("generate", "101")
        self.assertTrue(until(lambda: b.rpc("getblockcount") == "101"), process_b.text())

        txid = a.rpc("sendrawtransaction", self.pay(a, 1))
        self.assertTrue(until(lambda: txid in b.rpc_json("getrawmempool")), "relayed")
        # The other one mines it, and the first one lets go of it.
        block = b.rpc_json("generate", "1")[0]
        self.assertIn(txid, b.rpc_json("getblock", block)["tx"])
        self.assertTrue(until(lambda: a.rpc("getbestblockhash") == block))
        self.assertEqual(a.rpc_json("getrawmempool"), [])
        self.assertEqual(a.rpc_json("getrawtransaction", txid, "1")["confirmations"], 1)

        # A node killed in the middle comes back whole.
        process_b.end(signal.SIGKILL)
        b, process_b = self.start(1, "--no-listen", "--connect", f"127.0.0.1:{port}")
        self.assertEqual(b.rpc("getbestblockhash"), block)
        held = self.verify(b)
        self.assertEqual(held.returncode, 1, held.stdout)
        self.assertEqual(process_b.end(signal.SIGINT), 130)

        checked = self.verify(b)
        self.assertEqual(checked.returncode, 0, checked.stderr)
        self.assertRegex(checked.stdout, r"OK: 102 blocks, 103 transactions, 1 scripts")
        self.turn_a_bit_over(b)
        checked = self.verify(b)
        self.assertEqual(checked.returncode, 1, checked.stdout)
        self.assertIn("damaged", checked.stderr)

    def verify(self, folder):
        return run("chain", "verify", *folder.flags)

    def turn_a_bit_over(self, folder):
        table = max(pathlib.Path(folder.path("chain", "db")).glob("*.sst"), key=lambda path: path.stat().st_size)
        data = bytearray(table.read_bytes())
        data[len(data) // 2] ^= 1
        table.write_bytes(data)


if __name__ == "__main__":
    unittest.main()

"""The plug pulled: kill -9 of `adit solo` at random moments loses no announced block, and what is left is whole."""

import os
import random
import signal
import sys
import time
import unittest

from adit_process import Folder

KILLS = int(os.environ.get("ADIT_KILLS", "10"))


def issued_until(height):
    """Base units of the blocks 1 to height of `regtest`: 12.5 coins each, halved at every 2,000th block."""
    return sum(1250000000 >> (at // 2000) for at in range(1, height + 1))


class Kill(unittest.TestCase):
    def test_no_announced_block_is_lost(self):
        seed = int(os.environ.get("ADIT_SEED", str(random.SystemRandom().randrange(1 << 32))))
        print(f"ADIT_SEED={seed} ADIT_KILLS={KILLS}", file=sys.stderr)
        moments = random.Random(seed)
        announced = {}
        with Folder() as folder:
            for _ in range(KILLS):
                with folder.solo() as solo:
                    # From before the store is open to far into mining, mostly around the work of a block.
                    if moments.random() < 0.8:
                        solo.wait_for_line(r"^block ")
                    time.sleep(moments.uniform(0, 0.4))
                    solo.end(signal.SIGKILL)
                announced.update(solo.blocks())
                self.check(folder, announced)
        self.assertGreater(len(announced), KILLS / 2)

    def check(self, folder, announced):
        """The next start finds every announced block, on one chain, with all coins accounted for."""
        with folder.node() as node:
            height = int(folder.rpc("getblockcount"))
            self.assertGreaterEqual(height, max(announced, default=0))
            for at, block_hash in list(announced.items())[-20:]:
                self.assertEqual(folder.rpc("getblockhash", str(at)), block_hash)
            supply = folder.rpc_json("gettxoutsetinfo")
            self.assertEqual(supply["height"], height)
            self.assertEqual(supply["issuedZat"], issued_until(height))
            self.assertEqual(supply["issuedZat"], supply["unspentZat"] + supply["unspendableZat"])
            best = folder.rpc("getbestblockhash")
            for at in range(height, max(0, height - 20), -1):
                block = folder.rpc_json("getblock", best, "1")
                self.assertEqual(block["height"], at)
                best = block["previousblockhash"]
            self.assertEqual(node.end(signal.SIGTERM), 0, node.text())


if __name__ == "__main__":
    unittest.main()

"""The wallet as its user meets it: made, mined to, paid from, followed over a restart, restored from its words, and
nowhere a secret in the clear."""

import base64
import hashlib
import http.client
import json
import os
import pty
import re
import select
import signal
import stat
import subprocess
import time
import unittest

from adit_process import ADIT, Folder

PASSPHRASE = "nine blue lanterns over a silent harbour at the edge of the morning"
NEARLY = PASSPHRASE[:-1] + "q"
WORDS = re.compile(r"\d+ ([a-z]+)")
COINS = 100_000_000


def seed_forms(words):
    """The seed as words, as the bits in the words and as what they make (BIP 39), in bytes and in hex."""
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "../../node/wallet/bip39_english.txt"), encoding="ascii") as file:
        listed = file.read().split()
    bits = "".join(format(listed.index(word), "011b") for word in words)
    entropy = int(bits[:256], 2).to_bytes(32, "big")
    seed = hashlib.pbkdf2_hmac("sha512", " ".join(words).encode(), b"mnemonic", 2048)
    texts = [" ".join(words), " ".join(words[:3]), entropy.hex(), seed.hex()]
    return [entropy, seed, *(text.encode() for text in texts)]


def key_forms(wif):
    """A key as people write it, and its 32 bytes."""
    number = 0
    for digit in wif:
        number = number * 58 + "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".index(digit)
    key = number.to_bytes(38, "big")[1:33]
    return [wif.encode(), key, key.hex().encode()]


def memory_of(pid):
    """What a process could write to, piece by piece."""
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            place, rights = line.split()[:2]
            if "w" not in rights or "r" not in rights:
                continue
            first, end = (int(number, 16) for number in place.split("-"))
            try:
                memory.seek(first)
                yield line, memory.read(end - first)
            except OSError:  # gone meanwhile
                continue


class WalletFolder(Folder):
    """A data folder whose passphrase comes from the environment, and all that was ever printed in it."""

    def __init__(self):
        super().__init__()
        self.said = []

    def wallet(self, command, *words, phrase=PASSPHRASE, input_text=None, code=0):
        done = subprocess.run([ADIT, "wallet", command, *self.flags, *words], capture_output=True, text=True, timeout=60,
                              input=input_text, env={**os.environ, "ADIT_WALLET_PASSPHRASE": phrase})
        assert done.returncode == code, f"{done.returncode}: {done.stdout}{done.stderr}"
        return (done.stdout + done.stderr).strip()

    def new_wallet(self):
        """Its words, as shown once."""
        said = self.wallet("new")
        words = WORDS.findall(said.split("unasked.", 1)[1])
        assert len(words) == 24, said
        return words

    def mine(self, blocks, *words):
        with self.solo("--blocks", str(blocks), *words) as solo:
            assert solo.end(None, 240) == 0, solo.text()
        self.said.append(solo.text())

    def balance(self):
        """Spendable, waiting, immature; in base units."""
        lines = self.wallet("balance").splitlines()
        return tuple(round(float(line.split()[0]) * COINS) for line in lines[:3])

    def rpc(self, *words):
        answer = super().rpc(*words)
        self.said.append(answer)
        return answer

    def files(self):
        """Every byte below the data folder."""
        for place, _, names in os.walk(self.place.name):
            for name in names:
                with open(os.path.join(place, name), "rb") as file:
                    yield os.path.join(place, name), file.read()


def wait_until(what, seconds=30):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "in vain"
        time.sleep(0.1)


class Wallet(unittest.TestCase):
    def assert_no_secret(self, folder, words, keys):
        """Neither the seed's words, nor a key in any form, nor the passphrase, in files or answers."""
        secrets = [PASSPHRASE.encode(), *seed_forms(words), *(form for key in keys for form in key_forms(key))]
        texts = [("what was said", "\n".join(folder.said).encode()), *folder.files()]
        self.assertGreater(len(texts), 4)
        for name, text in texts:
            for secret in secrets:
                self.assertNotIn(secret, text, name)

    def test_mined_paid_and_confirmed_over_a_restart(self):
        with WalletFolder() as mine:
            words = mine.new_wallet()
            self.assertEqual(os.stat(mine.path("wallet.keys")).st_mode & 0o777, 0o600)
            mine.mine(101)
            self.assertFalse(os.path.exists(mine.path("mining.key")))
            # One coinbase is ripe for the next block, the others are not.
            spendable, waiting, immature = mine.balance()
            self.assertEqual((spendable, waiting, immature), (2 * 750000000, 0, 99 * 750000000))
            shop = self.other_wallet(mine)

            with mine.node() as node:
                refused = mine.wallet("send", shop, "3", phrase=NEARLY, code=1)
                self.assertEqual(refused, "adit: that is not the wallet's passphrase")
                locked = mine.run("rpc", "sendtoaddress", shop, "3")
                self.assertEqual(locked.returncode, 1)
                self.assertIn("error code: -13", locked.stderr)
                txid = mine.wallet("send", shop, "3")
                self.assertRegex(txid, "^[0-9a-f]{64}$")
                self.assertEqual(mine.rpc_json("getwalletinfo")["unlocked_until"], 0)
                told = mine.rpc_json("gettransaction", txid)
                self.assertEqual((told["confirmations"], told["details"][0]["category"]), (0, "send"))
                self.assertEqual(told["details"][0]["amountZat"], -3 * COINS)
                fee = -round(float(told["fee"]) * COINS)
                self.assertTrue(0 < fee < 1000, fee)
                self.assertEqual(node.end(signal.SIGKILL), -9)  # the restart in the middle, and not a kind one
                mine.said.append(node.text())

            self.assertEqual(mine.balance()[0], 2 * 750000000 - 3 * COINS - fee)
            # The next run offers the payment again and mines it.
            with mine.solo() as solo:
                solo.wait_for_line(r"^block ")
                wait_until(lambda: mine.rpc_json("gettransaction", txid)["confirmations"] > 0)
                self.assertEqual(solo.end(signal.SIGTERM), 0)
            with mine.node() as node:
                told = mine.rpc_json("gettransaction", txid)
                self.assertGreater(told["confirmations"], 0)
                self.assertIn("blockhash", told)
                lines = mine.rpc_json("listtransactions", "*", "1000")
                self.assertEqual([line["category"] for line in lines if line["txid"] == txid], ["send"])
                self.assertEqual(lines[0]["category"], "generate")
                unspent = mine.rpc_json("listunspent")
                self.assertEqual(sum(coin["amountZat"] for coin in unspent),
                                 round(float(mine.rpc("getbalance")) * COINS))
                self.shop_sees_it(node, txid)
                self.assertEqual(node.end(signal.SIGTERM), 0)
                mine.said.append(node.text())
            address = re.search(r"address (\w+)", mine.said[0]).group(1)
            key = mine.wallet("dump", "--address", address)
            self.assert_no_secret(mine, words, [key])
            self.assert_no_secret(self.shop, self.shop_words, [])

    def other_wallet(self, beside):
        """Another wallet in a folder of its own; an address of it."""
        self.shop = WalletFolder()
        self.addCleanup(self.shop.place.cleanup)
        self.shop_words = self.shop.new_wallet()
        first = self.shop.wallet("address")
        second = self.shop.wallet("address")
        self.assertNotEqual(first, second)
        self.shop_address = second
        return second

    def shop_sees_it(self, node, txid):
        """The other wallet's node is given the chain, block by block, as a peer would."""
        with self.shop.node() as theirs:
            height = int(self.owner_rpc(node, "getblockcount"))
            for at in range(1, height + 1):
                raw = self.owner_rpc(node, "getblock", str(at), "0")
                self.assertEqual(self.shop.rpc("submitblock", raw), "null")
            told = self.shop.rpc_json("gettransaction", txid)
            self.assertGreater(told["confirmations"], 0)
            self.assertEqual(told["amountZat"], 3 * COINS)
            self.assertEqual(told["details"][0]["category"], "receive")
            self.assertEqual(told["details"][0]["address"], self.shop_address)
            self.assertEqual(self.shop.balance(), (3 * COINS, 0, 0))
            self.assertEqual(theirs.end(signal.SIGTERM), 0)
            self.shop.said.append(theirs.text())
        self.assertEqual(self.shop.balance(), (3 * COINS, 0, 0))

    def owner_rpc(self, node, *words):
        done = subprocess.run([ADIT, "rpc", "--chain", "regtest", "--data-dir", self.owner(node), *words],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def owner(self, node):
        return re.search(r"data (\S+)/regtest", node.text()).group(1)

    def test_the_words_bring_it_back_and_the_first_runs_key_moves_in(self):
        with WalletFolder() as one, WalletFolder() as two:
            one.mine(2)  # before there is a wallet: to a key in a file
            with open(one.path("mining.key"), encoding="ascii") as file:
                wif = re.search(r"^key (\w+)$", file.read(), re.M).group(1)
            said = one.wallet("new")
            words = WORDS.findall(said.split("unasked.", 1)[1])
            self.assertIn("mining.key", said)
            self.assertFalse(os.path.exists(one.path("mining.key")))
            one.mine(2)
            self.assertEqual(one.balance(), (0, 0, 4 * 750000000))
            self.assertEqual(one.wallet("history").count("immature"), 4)
            self.assert_no_secret(one, words, [wif])

            # In another folder, from the words; the imported key comes by itself.
            said = two.wallet("restore", input_text=" ".join(words).upper() + "\n")
            self.assertNotIn(words[0] + " ", said)
            self.assertEqual(two.wallet("dump", "--words").split()[1::2], words)
            two.wallet("import", input_text=wif + "\n")
            self.assertIn("already", two.wallet("import", input_text=wif + "\n", code=2))
            for name in ["chain"]:
                os.rename(one.path(name), two.path(name))
            with two.node() as node:
                wait_until(lambda: not two.rpc_json("getwalletinfo")["scanning"])
                self.assertEqual(two.balance(), (0, 0, 4 * 750000000))
                node.end(signal.SIGTERM)
            self.assert_no_secret(two, words, [wif])

    def test_what_is_wrong_is_said_in_one_line(self):
        with WalletFolder() as folder:
            for command in [["balance"], ["address"], ["dump", "--words"]]:
                self.assertIn("there is no wallet", folder.wallet(*command, code=4))
            self.assertIn("8 to 1024", folder.wallet("new", phrase="short", code=2))
            self.assertIn("typing error", folder.wallet("restore", input_text="zoo zoo zooo\n", code=2))
            self.assertIn("12, 15, 18", folder.wallet("restore", input_text="zoo zoo\n", code=2))
            words = folder.new_wallet()
            self.assertIn("a wallet", folder.wallet("new", code=1))
            self.assertIn("say what to show", folder.wallet("dump", code=2))
            begun = time.monotonic()
            self.assertEqual(folder.wallet("dump", "--words", phrase=NEARLY, code=1),
                             "adit: that is not the wallet's passphrase")
            self.assertGreater(time.monotonic() - begun, 1.4)
            self.assertIn("no private key", folder.wallet("import", input_text="5Jx\n", code=2))
            with folder.node() as node:
                self.assertIn(str(node.process.pid), folder.wallet("import", input_text="5Jx\n", code=1))
                done = folder.run("rpc", "walletpassphrase", NEARLY, "5")
                self.assertIn("error code: -14", done.stderr)
                self.assertEqual(folder.rpc("walletpassphrase", PASSPHRASE, "2"), "null")
                self.assertGreater(folder.rpc_json("getwalletinfo")["unlocked_until"], 0)
                wait_until(lambda: folder.rpc_json("getwalletinfo")["unlocked_until"] == 0)
                self.assertIn("Insufficient funds", folder.wallet("send", folder.wallet("address"), "1", code=1))
                node.end(signal.SIGTERM)
                folder.said.append(node.text())
            self.assert_no_secret(folder, words, [])
            with open(folder.path("wallet.keys"), "r+b") as file:
                file.truncate(100)
            self.assertIn("is damaged", folder.wallet("balance", code=1))

    def test_no_call_answers_with_a_secret(self):
        """Every call there is, with and without secrets where they do not belong, while the wallet is unlocked."""
        with WalletFolder() as folder:
            words = folder.new_wallet()
            key = folder.wallet("dump", "--address", folder.wallet("address"))
            with folder.node() as node:
                self.assertEqual(folder.rpc("walletpassphrase", PASSPHRASE, "1000"), "null")
                with open(folder.path(".cookie"), encoding="ascii") as file:
                    secret = base64.b64encode(file.read().strip().encode()).decode()
                names = re.findall(r"^([a-z]+)", folder.rpc("help"), re.M)
                self.assertGreater(len(names), 50)
                for name in names:
                    for params in [], [PASSPHRASE], [key], [key, key], [words[0], {key: 1}], [[key]], [{"data": key}]:
                        if name in ("stop", "walletlock") or (name == "walletpassphrase" and params == [PASSPHRASE]):
                            continue
                        call = http.client.HTTPConnection("127.0.0.1", node.rpc_port, timeout=30)
                        call.request("POST", "/", json.dumps({"id": 1, "method": name, "params": params}),
                                     {"Authorization": "Basic " + secret})
                        answer = call.getresponse().read().decode()
                        self.assertTrue(answer, name)
                        for told in PASSPHRASE, key:
                            self.assertNotIn(told, answer, f"{name} {params}")
                        folder.said.append(answer)
                        call.close()
                node.end(signal.SIGTERM)
                folder.said.append(node.text())
            self.assert_no_secret(folder, words, [key])

    def test_a_running_node_forgets_secrets(self):
        """Its memory is searched: for the passphrase while it is unlocked, and for the keys once it is locked again."""
        with WalletFolder() as folder:
            words = folder.new_wallet()
            folder.mine(101)
            address = re.search(r"address (\w+)", folder.said[0]).group(1)
            key = folder.wallet("dump", "--address", address)
            with folder.node() as node:
                try:
                    found = any(folder.place.name.encode() in text for _, text in memory_of(node.process.pid))
                except PermissionError:
                    self.skipTest("this machine lets nobody read a process's memory")
                self.assertTrue(found, "the search finds things")
                self.assertEqual(folder.rpc("walletpassphrase", PASSPHRASE, "1000"), "null")
                # Freed memory is partly written over soon: any piece of it tells.
                pieces = [PASSPHRASE[at:at + 16].encode() for at in range(0, len(PASSPHRASE) - 15, 8)]
                self.assert_forgotten(node, pieces)
                self.assertRegex(folder.rpc("sendtoaddress", address, "1"), "^[0-9a-f]{64}$")  # signed with that key
                folder.rpc("walletlock")
                self.assert_forgotten(node, [*pieces, *seed_forms(words), *key_forms(key)])
                self.assertEqual(node.end(signal.SIGTERM), 0)

    def assert_forgotten(self, node, secrets):
        for line, text in memory_of(node.process.pid):
            for secret in secrets:
                self.assertFalse(secret in text, line)  # the memory itself is no message

    def test_a_terminal_shows_no_passphrase(self):
        with WalletFolder() as folder:
            leader, follower = pty.openpty()
            environment = {key: value for key, value in os.environ.items() if key != "ADIT_WALLET_PASSPHRASE"}
            process = subprocess.Popen([ADIT, "wallet", "new", *folder.flags], stdin=follower, stdout=follower,
                                       stderr=follower, env=environment)
            os.close(follower)
            text = b""
            for asked in [b"new wallet: ", b"again: "]:
                while asked not in text:
                    self.assertTrue(select.select([leader], [], [], 30)[0], text)
                    text += os.read(leader, 4096)
                time.sleep(0.2)  # the terminal is quiet from after the prompt on
                os.write(leader, PASSPHRASE.encode() + b"\n")
            while select.select([leader], [], [], 30)[0]:
                try:
                    more = os.read(leader, 4096)
                except OSError:
                    break
                if not more:
                    break
                text += more
            os.close(leader)
            self.assertEqual(process.wait(timeout=30), 0, text)
            self.assertNotIn(PASSPHRASE.encode(), text)
            self.assertEqual(len(WORDS.findall(text.decode().split("unasked.", 1)[1])), 24)
            self.assertTrue(stat.S_ISREG(os.stat(folder.path("wallet.keys")).st_mode))


if __name__ == "__main__":
    unittest.main()

"""The program `adit` and its JSON-RPC as strangers meet them: a pool at its start, a miner that builds its own
coinbase, an operator with Ctrl-C, kill -9 and a full disk. Nothing of the program's own code is used."""

import base64
import hashlib
import http.client
import json
import os
import pathlib
import re
import resource
import signal
import stat
import struct
import subprocess
import tempfile
import threading
import time
import unittest

import equihash_48_5

ADIT = os.environ["ADIT"]
SPEC = (pathlib.Path(__file__).resolve().parents[2] / "node" / "specs" / "regtest.toml").read_text()
ADDRESS = re.search(r'^addresses = \["(\w+)"\]', SPEC, re.M).group(1)  # anybody's: a published key
SUBSIDY = 1_250_000_000


def sha256d(data):
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def run(*words, **how):
    return subprocess.run([ADIT, *words], capture_output=True, text=True, timeout=60, **how)


class Node:
    """`adit node` in a folder of its own, with a door for each kind of caller."""

    def __init__(self, folder, *options, chain="regtest", **how):
        self.folder = pathlib.Path(folder)
        self.chain = chain
        self.process = subprocess.Popen(
            [ADIT, "node", "--chain", chain, "--data-dir", str(folder), "--rpc-port", "0", "--no-listen", *options],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **how)
        self.first_line = self.process.stdout.readline()
        found = re.search(r"RPC 127\.0\.0\.1:(\d+)", self.first_line)
        assert found, self.first_line
        self.port = int(found.group(1))

    def rpc(self, *words):
        return run("rpc", "--chain", self.chain, "--data-dir", str(self.folder), *words)

    def cookie(self):
        return (self.folder / "regtest" / ".cookie").read_text().strip()

    def post(self, body, secret=None, timeout=30):
        secret = secret if secret is not None else self.cookie()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        connection.request("POST", "/", body, {"Authorization": "Basic " + base64.b64encode(secret.encode()).decode()})
        try:
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def call(self, method, *params):
        status, body = self.post(json.dumps({"id": 1, "method": method, "params": params}))
        answer = json.loads(body)
        if answer["error"]:
            raise RuntimeError(f"{status} {answer['error']}")
        return answer["result"]

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def end(self, signal_number=signal.SIGINT):
        start = time.monotonic()
        self.process.send_signal(signal_number)
        code = self.process.wait(timeout=20)
        self.said = self.process.stdout.read()
        self.process.stdout.close()
        return code, time.monotonic() - start


def own_coinbase(template, script):
    """A coinbase built from what the template requires, as pools do that take no coinbasetxn."""
    required = template["coinbase_required_outputs"]
    rest = template["coinbasevalue"] - sum(output["amount"] for output in required)
    outputs = [(rest, script)] + [(o["amount"], bytes.fromhex(o["script"])) for o in required]
    height = template["height"]
    push = bytes([0x50 + height]) if height <= 16 else bytes([1, height])  # up to 127
    script_sig = push + b"\x04pool"
    return (struct.pack("<i", 1) + b"\1" + b"\0" * 32 + b"\xff" * 4 + bytes([len(script_sig)]) + script_sig + b"\xff" * 4
            + bytes([len(outputs)]) + b"".join(struct.pack("<q", v) + bytes([len(s)]) + s for v, s in outputs)
            + b"\0" * 4)


def mine(template, coinbase):
    """The block as hex, solved at the template's target."""
    target = int(template["target"], 16)
    front = (struct.pack("<i", template["version"]) + bytes.fromhex(template["previousblockhash"])[::-1]
             + sha256d(coinbase) + b"\0" * 32 + struct.pack("<I", template["curtime"])
             + bytes.fromhex(template["bits"])[::-1])
    for nonce in range(1000):
        header = front + struct.pack("<Q", nonce) + b"\0" * 24
        for indices in equihash_48_5.solve(header):
            whole = header + b"\x24" + equihash_48_5.minimal(indices)
            if int.from_bytes(sha256d(whole), "little") <= target:
                return (whole + b"\1" + coinbase).hex()
    raise AssertionError("a thousand nonces without a block")


class WithFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="adit-e2e-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def start(self, *options, **how):
        node = Node(self.folder, *options, **how)
        self.addCleanup(node.kill)
        return node


class Pools(WithFolder):
    def test_a_pool_at_its_start(self):
        node = self.start("--address", ADDRESS)
        # The batch s-nomp sends before anything else, and what it reads of the answers.
        asked = [["validateaddress", [ADDRESS]], ["getdifficulty", []], ["getinfo", []], ["getmininginfo", []],
                 ["submitblock", []]]
        batch = json.dumps([{"id": i, "method": m, "params": p} for i, (m, p) in enumerate(asked)])
        status, body = node.post(batch)
        self.assertEqual(status, 200)
        answers = {a["id"]: a for a in json.loads(body)}
        self.assertIs(answers[0]["result"]["isvalid"], True)
        self.assertIsInstance(answers[1]["result"], (int, float))
        self.assertIsInstance(answers[2]["result"]["testnet"], bool)
        self.assertIsInstance(answers[2]["result"]["connections"], int)
        self.assertIsInstance(answers[3]["result"]["networkhashps"], int)
        self.assertEqual(answers[4]["error"]["code"], -1)  # so there is a submitblock
        subsidy = node.call("getblocksubsidy", 1)
        self.assertEqual((subsidy["miner"], subsidy["community"], subsidy["securenodes"], subsidy["supernodes"]),
                         (7.5, 2.5, 1.25, 1.25))

    def test_a_pool_that_takes_our_coinbase(self):
        node = self.start("--address", ADDRESS)
        for height in (1, 2, 3):
            template = node.call("getblocktemplate")
            self.assertEqual(template["height"], height)
            coinbase = bytes.fromhex(template["coinbasetxn"]["data"])
            self.assertEqual(sha256d(coinbase)[::-1].hex(), template["coinbasetxn"]["hash"])
            self.assertIsNone(node.call("submitblock", mine(template, coinbase)))
        self.assertEqual(node.call("getblockcount"), 3)

    def test_a_pool_that_builds_its_own(self):
        node = self.start("--address", ADDRESS)
        script = bytes.fromhex("76a914" + "11" * 20 + "88ac")
        for _ in range(18):  # past height 16, where the height's push changes its form
            template = node.call("getblocktemplate", {"capabilities": ["coinbasetxn", "workid"]})
            block = mine(template, own_coinbase(template, script))
            self.assertIsNone(node.call("submitblock", block))
            self.assertEqual(node.call("submitblock", block), "duplicate")
        outputs = node.call("getblock", "18", 2)["tx"][0]["vout"]
        self.assertEqual([o["valueZat"] for o in outputs], [SUBSIDY * part // 10 for part in (6, 2, 1, 1)])
        greedy = dict(node.call("getblocktemplate"))
        greedy["coinbase_required_outputs"] = greedy["coinbase_required_outputs"][:2]
        self.assertEqual(node.call("submitblock", mine(greedy, own_coinbase(greedy, script))), "cb-no-community-fund")

    def test_amounts_keep_their_eight_places(self):
        node = self.start("--address", ADDRESS)
        template = node.call("getblocktemplate")
        node.call("submitblock", mine(template, bytes.fromhex(template["coinbasetxn"]["data"])))
        _, raw = node.post('{"method":"getblock","params":["1",2]}')
        self.assertIn('"value":7.50000000,"valueZat":750000000', raw)
        shown = node.rpc("getblock", node.rpc("getbestblockhash").stdout.strip(), "2").stdout
        self.assertEqual(re.findall(r'"value": (.*),', shown), ["7.50000000", "2.50000000", "1.25000000", "1.25000000"])

    def test_a_long_poll_ends_with_the_next_block(self):
        node = self.start("--address", ADDRESS)
        template = node.call("getblocktemplate")
        later = []
        poll = threading.Thread(
            target=lambda: later.append(node.call("getblocktemplate", {"longpollid": template["longpollid"]})))
        poll.start()
        time.sleep(1)
        self.assertFalse(later)
        node.call("submitblock", mine(template, bytes.fromhex(template["coinbasetxn"]["data"])))
        poll.join(timeout=2)
        self.assertEqual(later[0]["height"], 2)


class Operators(WithFolder):
    def test_ctrl_c_ends_it_in_time_even_with_callers_waiting(self):
        node = self.start("--address", ADDRESS)
        identity = node.call("getblocktemplate")["longpollid"]
        body = json.dumps({"method": "getblocktemplate", "params": [{"longpollid": identity}]})
        answers = []
        polls = [threading.Thread(target=lambda: answers.append(node.post(body))) for _ in range(5)]
        for poll in polls:
            poll.start()
        time.sleep(0.5)
        code, took = node.end(signal.SIGINT)
        self.assertEqual(code, 130)
        self.assertLess(took, 5)
        for poll in polls:
            poll.join(timeout=5)
        self.assertEqual([json.loads(text)["error"]["code"] for _, text in answers], [-9] * 5)
        self.assertFalse((node.folder / "regtest" / ".cookie").exists())

    def test_a_service_manager_ends_it_with_0(self):
        code, took = self.start().end(signal.SIGTERM)
        self.assertEqual(code, 0)
        self.assertLess(took, 5)

    def test_kill_9_loses_nothing_that_was_answered(self):
        height = 0
        for _ in range(4):
            node = self.start("--address", ADDRESS)
            self.assertEqual(node.call("getblockcount"), height)
            for _ in range(3):
                template = node.call("getblocktemplate")
                self.assertIsNone(
                    node.call("submitblock", mine(template, bytes.fromhex(template["coinbasetxn"]["data"]))))
                height += 1
            node.end(signal.SIGKILL)
            left = run("rpc", "--chain", "regtest", "--data-dir", self.folder, "getblockcount")
            self.assertEqual(left.returncode, 4, left)
        self.assertEqual(self.start().call("getblockcount"), height)

    def test_secrets_are_for_their_owner(self):
        self.addCleanup(os.umask, os.umask(0))
        node = self.start()
        home = node.folder / "regtest"
        self.assertEqual(stat.S_IMODE(home.stat().st_mode), 0o700)
        self.assertEqual(stat.S_IMODE((home / ".cookie").stat().st_mode), 0o600)
        first = node.cookie()
        self.assertNotIn(first.split(":")[1], node.first_line)
        node.end()
        self.assertNotIn(first.split(":")[1], node.said)
        again = self.start()
        self.assertNotEqual(again.cookie(), first)
        self.assertEqual(again.post("{}", secret=first)[0], 401)

    def test_a_second_node_is_told_what_to_do(self):
        node = self.start()
        second = run("node", "--chain", "regtest", "--data-dir", self.folder, "--rpc-port", "0", "--no-listen")
        self.assertEqual(second.returncode, 1)
        self.assertIn(f"process {node.process.pid} is using the data folder", second.stderr)
        with tempfile.TemporaryDirectory() as elsewhere:
            third = run("node", "--chain", "regtest", "--data-dir", elsewhere, "--rpc-port", str(node.port),
                        "--no-listen")
        self.assertEqual(third.returncode, 1)
        self.assertIn(f"held by process {node.process.pid} (adit); stop that, or give another port with --rpc-port",
                      third.stderr)

    def test_a_disk_without_room_ends_it_by_name(self):
        # Files may grow to 200 KB: the write-ahead log meets that as it would a full disk.
        def small_files():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

        node = self.start("--address", ADDRESS, preexec_fn=small_files, restore_signals=False)
        height = 0
        with self.assertRaises((RuntimeError, OSError, http.client.HTTPException)) as refused:
            while True:
                template = node.call("getblocktemplate")
                coinbase = bytes.fromhex(template["coinbasetxn"]["data"])
                self.assertIsNone(node.call("submitblock", mine(template, coinbase)))
                height += 1
        self.assertIn("-20", str(refused.exception))
        self.assertEqual(node.process.wait(timeout=10), 1)
        said = node.process.stdout.read().strip().splitlines()[-1]
        node.process.stdout.close()
        self.assertTrue(said.startswith("adit: "), said)
        again = self.start()
        self.assertEqual(again.call("getblockcount"), height)


class Chains(WithFolder):
    def test_a_chain_of_ones_own(self):
        spec = os.path.join(self.folder, "oak.toml")
        made = run("chain", "new", "--preset", "regtest", "--name", "OAK", "-o", spec)
        self.assertEqual(made.returncode, 0, made.stderr)
        keys = spec + ".keys"
        self.assertEqual(stat.S_IMODE(os.stat(keys).st_mode), 0o600)
        for secret in re.findall(r"\b[1-9A-HJ-NP-Za-km-z]{51,52}\b", pathlib.Path(keys).read_text()):
            self.assertNotIn(secret, made.stdout + made.stderr)
        checked = run("chain", "check", spec)
        self.assertEqual((checked.returncode, checked.stdout.startswith("OK")), (0, True), checked)
        shown = run("chain", "show", spec, "--height", "7")
        self.assertEqual(shown.returncode, 0)
        self.assertIn("OAK", shown.stdout)
        again = run("chain", "new", "--preset", "regtest", "--name", "OAK", "-o", spec)
        self.assertEqual(again.returncode, 2)
        self.assertEqual(len(again.stderr.strip().splitlines()), 1, again.stderr)

        node = self.start(chain=spec)
        self.assertEqual(json.loads(node.rpc("getblockchaininfo").stdout)["chain"], "OAK")
        self.assertTrue((node.folder / "OAK" / ".cookie").exists())
        self.assertEqual(node.end(signal.SIGTERM)[0], 0)

    def test_two_chains_of_one_name_share_no_folder(self):
        specs = [os.path.join(self.folder, name) for name in ("one.toml", "two.toml")]
        for spec in specs:
            self.assertEqual(run("chain", "new", "--preset", "regtest", "--name", "OAK", "-o", spec).returncode, 0)
        self.start(chain=specs[0]).end()
        refused = run("node", "--chain", specs[1], "--data-dir", self.folder, "--rpc-port", "0", "--no-listen")
        self.assertEqual(refused.returncode, 1)
        self.assertEqual(len(refused.stderr.strip().splitlines()), 1, refused.stderr)
        self.assertIn("chain", refused.stderr)

    def test_bad_specs_get_one_line(self):
        spec = pathlib.Path(self.folder) / "bad.toml"
        spec.write_text(SPEC.replace("coinbase_maturity = 100", "coinbase_maturty = 100"))
        for words in (("chain", "check", str(spec)), ("node", "--chain", str(spec)), ("chain", "show", str(spec)),
                      ("rpc", "--chain", str(spec), "help")):
            done = run(*words)
            self.assertEqual(done.returncode, 2, words)
            lines = (done.stdout + done.stderr).strip().splitlines()
            self.assertEqual(len(lines), 1, lines)
            self.assertRegex(lines[0], r"bad\.toml:\d+: .*coinbase_matur")
        self.assertEqual(run("node", "--chain", "main").returncode, 2)


if __name__ == "__main__":
    unittest.main()

"""Wrong words on the command line: one line that says what to change, and the exit code of the contract."""

import json
import os
import pathlib
import re
import tempfile
import unittest

from adit_process import Folder, run

VECTORS = pathlib.Path(__file__).resolve().parents[1] / "vectors"


def header_of(block):
    """A header with its solution behind its CompactSize, as hex."""
    size = len(block["solution"]) // 2
    prefix = f"{size:02x}" if size < 0xfd else "fd" + size.to_bytes(2, "little").hex()
    return block["header140"] + prefix + block["solution"]


class Words(unittest.TestCase):
    def check(self, words, code, says):
        done = run(*words)
        self.assertEqual(done.returncode, code, [words, done.stdout, done.stderr])
        self.assertEqual(done.stderr.count("\n"), 1, [words, done.stderr])
        self.assertIn(says, done.stderr, words)

    def test_one_line_and_exit_code_2(self):
        for words, says in [
            (["sovlo"], "did you mean solo?"),
            (["mien"], "did you mean mine?"),
            (["solo", "--blokcs", "5"], "did you mean --blocks?"),
            (["solo", "--block=5"], "did you mean --blocks?"),
            (["solo", "--thread", "5"], "did you mean --threads?"),
            (["solo", "--no-colr"], "--no-colr"),
            (["mine", "--dev-fee", "2"], "takes no fee"),
            (["mine"], "-o"),
            (["mine", "-o", "nonsense"], "nonsense"),
            (["mine", "-o", "http://127.0.0.1:1", "-a", "7,7"], "--algo"),
            (["mine", "-o", "http://127.0.0.1:1", "--pers", "x"], "eight characters"),
            (["mine", "-o", "http://127.0.0.1:1", "--coin", "dogecoin"], "--coin"),
            (["mine", "-o", "http://127.0.0.1:1", "-d", "cuda:99"], "cpu"),
            (["mine", "-o", "http://127.0.0.1:1", "--cookie", "/nowhere"], "/nowhere"),
            (["mine", "-o", "http://127.0.0.1:1", "--lane", "mmx"], "portable"),
            (["solo", "--chain", "main"], "main"),
            (["solo", "--chain", "nochain"], "nochain"),
            (["solo", "--blocks", "many"], "--blocks = many: not a number that fits"),
            (["solo", "--rpc-port", "99999"], "0 to 65535"),
            (["solo", "--print-time", "0"], "--print-time"),
            (["solo", "--address", "xyz", "--chain", "regtest"], "xyz"),
            (["benchmark", "201,9"], "supported are: 48,5"),
            (["benchmark", "200,9", "--nonces", "5..3"], "0..99"),
            (["benchmark", "200,9", "--nonces", "0..4294967296"], "up to 4294967295"),
            (["benchmark", "200,9", "--report", "/nowhere/x.json"], "/nowhere/x.json"),
            (["benchmark", "200,9", "--report", "/proc/x.svg"], "/proc/x.svg cannot be written"),
            (["benchmark", "200,9", "--report", "x.txt"], ".json, .csv or .svg"),
            (["benchmark", "200,9", "--seconds", "0"], "--seconds"),
            (["benchmark", "200,9", "-d", "cpu", "-t", "100000"], "what fits: --threads"),
            (["benchmark", "150,5", "-d", "cpu", "-t", "100000", "--share", "1"], "needs 268"),
            (["benchmark", "150,5", "--share", "3"], "1,2,4"),
            (["verify"], "--algo"),
            (["verify", "--algo", "200,9"], "nothing to verify"),
        ]:
            self.check(words, 2, says)

    def test_nothing_there_is_4(self):
        with Folder() as folder:
            done = folder.run("rpc", "getblockcount")
            self.assertEqual(done.returncode, 4, done.stderr)
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)

    def test_a_folder_that_cannot_be_written(self):
        self.check(["solo", "--chain", "regtest", "--data-dir", "/proc/nowhere"], 1, "/proc/nowhere")

    def test_a_report_is_refused_before_the_run_or_leaves_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            os.mkdir(folder + "/folder.svg")
            os.mkfifo(folder + "/pipe.json")
            for name in ["folder.svg", "pipe.json", "folder.svg/none/x.csv"]:
                words = ["benchmark", "200,9", "--seconds", "600", "--report", f"{folder}/{name}"]
                self.check(words, 2, f"{folder}/{name} cannot be written")
            with open(folder + "/old.json", "w") as old:
                old.write("kept")
            refused = ["--report", folder + "/old.json", "--report", folder + "/new.json", "-t", "100000"]
            self.check(["benchmark", "200,9", "-d", "cpu", *refused], 2, "what fits")
            with open(folder + "/old.json") as old:
                self.assertEqual(old.read(), "kept")
            self.assertFalse(os.path.exists(folder + "/new.json"))

    def test_bare_program_greets_and_exits_2(self):
        done = run()
        self.assertEqual(done.returncode, 2)
        self.assertIn("cpu", done.stdout)
        self.assertIn("adit solo", done.stdout)
        for line in done.stdout.splitlines():
            self.assertLessEqual(len(line), 80, line)

    def test_help_and_version_exit_0(self):
        for words in [["--help"], ["help"], ["solo", "--help"], ["mine", "-h"], ["--version"], ["-V"], ["verify", "--help"]]:
            self.assertEqual(run(*words).returncode, 0, words)
        self.assertRegex(run("--version").stdout, r"^adit \d+\.\d+\.\d+ \([0-9a-f]+(-dirty)?\)\n$|\(unknown\)")

    def test_devices(self):
        listed = json.loads(run("devices", "--json").stdout)
        self.assertIn("cpu", [device["id"] for device in listed])
        cpu = next(device for device in listed if device["id"] == "cpu")
        self.assertIn("200,9", cpu["fits"])
        self.assertEqual(run("devices").returncode, 0)

    def test_tune_keeps_what_it_finds(self):
        with tempfile.TemporaryDirectory() as state:
            words = ["tune", "48,5", "-d", "cpu", "--seconds", "0.01", "--turns", "1", "--state", state + "/adit"]
            before = run(*words, "--explain")
            self.assertIn("not tuned", before.stdout)
            tuned = run(*words)
            self.assertEqual(tuned.returncode, 0, tuned.stderr)
            best = re.search(r"from now on: (\w+)", tuned.stdout).group(1)
            self.assertRegex(run(*words, "--explain").stdout, rf"{best} .* in use")
            bench = ["benchmark", "48,5", "-d", "cpu", "-t", "1", "--nonces", "0..1"]
            at_home = {"XDG_STATE_HOME": state}
            self.assertIn(f"({best}, tuned, 1 thread)", run(*bench, env=at_home).stdout)
            named = run(*bench, "--lane", "portable", env=at_home).stdout
            self.assertIn("(portable, named, 1 thread)", named)
            elsewhere = run(*bench, env={"XDG_STATE_HOME": state + "/other"}).stdout
            self.assertIn(", usual, 1 thread)", elsewhere)
        self.assertEqual(run("tune", "48,6").returncode, 2)


class Verify(unittest.TestCase):
    def test_every_published_header_is_valid(self):
        for name in ["genesis", "zcash-blocks", "btg-blocks", "horizen-regtest"]:
            blocks = [b for b in json.loads((VECTORS / "headers" / f"{name}.json").read_text())
                      if b["valid_equihash"]]
            for n, k, tag in {(b["n"], b["k"], b["person"]) for b in blocks}:
                rows = [header_of(b) for b in blocks if (b["n"], b["k"], b["person"]) == (n, k, tag)]
                done = run("verify", "--algo", f"{n},{k}", "--pers", tag, "-", input_text="\n".join(rows) + "\n")
                self.assertEqual(done.returncode, 0, done.stdout)
                self.assertEqual(done.stdout.count("valid "), len(rows))

    def test_exit_codes(self):
        block = json.loads((VECTORS / "headers" / "zcash-blocks.json").read_text())[0]
        good = header_of(block)
        spoiled = good[:-2] + ("00" if good[-2:] != "00" else "01")
        easy = good[:208] + "ffff071d" + good[216:]  # other bits: another header, so no solution
        self.assertEqual(run("verify", "-a", "200,9", good).returncode, 0)
        self.assertEqual(run("verify", "-a", "200,9", "--require-target", good).returncode, 0)
        self.assertEqual(run("verify", "-a", "200,9", good, spoiled).returncode, 1)
        self.assertEqual(run("verify", "-a", "200,9", easy).returncode, 1)
        self.assertEqual(run("verify", "-a", "200,9", "zz", good).returncode, 2)
        self.assertEqual(run("verify", "-a", "200,9", "--pers", "BgoldPoW", good).returncode, 1)
        self.assertIn(block["hash"], run("verify", "-a", "200,9", good).stdout)


if __name__ == "__main__":
    unittest.main()

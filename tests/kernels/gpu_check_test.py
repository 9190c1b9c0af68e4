"""scripts/gpu-check without a GPU: its program on the OpenCL device that makes one of the CPU, the other tools played
by small scripts whose output is made up after their documentation."""

import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts/gpu-check"
PROGRAM = os.environ["GPU_CHECK"]

# Made up, in the form that `cuobjdump -sass` prints.
SASS = """
	code for sm_90
		Function : _ZN4adit7dialect43_GLOBAL__N__7_10_eq200_9_cu_8_16adit_hash_leavesENS0_4cuda5ArenaE
	.headerflags	@"EF_CUDA_SM90"
        /*0000*/                   LDC R1, c[0x0][0x28] ;                 /* 0x00000a00ff017b82 */
                                                                          /* 0x000fe20000000800 */
        /*0010*/                   IMAD.WIDE.U32 R2, R3, R4, R6 ;         /* 0x0000000403027225 */
                                                                          /* 0x000fe200078e0006 */
        /*0020*/             @!P0  IADD3 R5, R5, 0x1, RZ ;                /* 0x0000000105058810 */
        /*0030*/                   LOP3.LUT R7, R7, R8, RZ, 0x3c, !PT ;   /* 0x0000000807077212 */
        /*0040*/              @P0  EXIT ;                                 /* 0x000000000000094d */
        /*0050*/                   NOP;                                   /* 0x0000000000007918 */
		Function : _ZN4adit7dialect38_GLOBAL__N__1_8_trial_cu_3_12adit_round_1ENS0_4cuda5ArenaE
        /*0000*/                   SHF.R.U32.HI R1, RZ, 0x5, R1 ;         /* 0x00000005ff017819 */
        /*0010*/                   BRA 0x10;                              /* 0xfffffffc00fc7947 */
	code for sm_86
		Function : _ZN4adit7dialect38_GLOBAL__N__1_8_trial_cu_3_12adit_round_1ENS0_4cuda5ArenaE
        /*0000*/                   EXIT ;                                 /* 0x000000000000794d */
"""
COUNTS = ["sm_86 trial adit_round_1 1 0 0", "sm_90 eq200_9 adit_hash_leaves 5 1 2", "sm_90 trial adit_round_1 2 0 1"]


def has_device():
    run = subprocess.run([PROGRAM, "--device", "ocl:0", "--only", "none", "--out", "-"], capture_output=True)
    return run.returncode != 4


def processes_with(word):
    """Command lines of this machine's processes that hold `word`."""
    found = []
    for file in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = file.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # it has ended meanwhile
        if word in line:
            found.append(line)
    return found


class GpuCheck(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.out = self.folder / "check.json"

    def tool(self, name, text, code=0):
        """A program of that name which says `text`."""
        (self.folder / "said").mkdir(exist_ok=True)
        (self.folder / "said" / name).write_text(text)
        file = self.folder / name
        file.write_text(f"#!/bin/sh\ncat {self.folder}/said/{name}\nexit {code}\n")
        file.chmod(0o755)

    def command(self, *words):
        return [SCRIPT, "--binary", PROGRAM, "--out", self.out, "--device", "ocl:0", "--params", "48,5", *words]

    def check(self, *words):
        environment = {**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}"}
        return subprocess.run(self.command(*words), env=environment, capture_output=True, text=True)

    def steps(self, step, *words):
        """The program alone, one step of it."""
        return subprocess.run([PROGRAM, "--out", self.out, "--device", "ocl:0", "--only", step, *words],
                              capture_output=True, text=True, check=True)

    def results(self, experiment):
        return [one for one in json.loads(self.out.read_text())["results"] if one["experiment"] == experiment]

    def test_without_a_device_it_says_so(self):
        run = subprocess.run([SCRIPT, "--binary", PROGRAM, "--out", self.out, "--device", "cuda:99"],
                             capture_output=True, text=True)
        self.assertEqual(run.returncode, 4, run)
        self.assertIn("no device cuda:99", run.stdout)
        self.assertFalse(self.out.exists())

    def test_a_word_it_does_not_know_is_refused(self):
        self.assertEqual(self.check("--nonsense").returncode, 2)

    def test_sass_is_counted(self):
        (self.folder / "sass").write_text(SASS)
        counted = subprocess.run(["awk", "-f", ROOT / "bench/gpu_check/sass.awk", self.folder / "sass"],
                                 capture_output=True, text=True, check=True)
        self.assertEqual(sorted(counted.stdout.split("\n"))[1:], COUNTS)

    @unittest.skipUnless(has_device(), "there is no OpenCL device here")
    def test_other_tools_are_heard(self):
        self.tool("compute-sanitizer", "========= COMPUTE-SANITIZER\n========= ERROR SUMMARY: 0 errors\n")
        self.tool("cuobjdump", SASS)
        run = self.check("--only", "selftest")
        self.assertEqual(run.returncode, 0, run)
        self.assertTrue(self.results("selftest")[0]["ok"])
        self.assertEqual([one["text"].split(":")[:2] for one in self.results("memcheck")],
                         [["48,5", " 0 errors"], ["96,5", " 0 errors"]])
        self.assertEqual(self.out.with_suffix(".sass").read_text().splitlines(), COUNTS)
        self.assertIn("3 kernels counted", self.results("sass")[0]["text"])
        self.assertIn("| ocl:0 | 48,5 | yes |", self.out.with_suffix(".md").read_text())

    @unittest.skipUnless(has_device(), "there is no OpenCL device here")
    def test_a_checker_that_cannot_work_is_told_and_one_that_finds_something_fails(self):
        self.tool("compute-sanitizer", "========= Error: Device not supported\n", 1)
        self.tool("cuobjdump", "", 1)
        run = self.check("--only", "selftest")
        self.assertEqual(run.returncode, 0, run)
        self.assertIn("could not work here (exit code 1)", self.results("memcheck")[0]["text"])
        self.assertIn("no kernel", self.results("sass")[0]["text"])
        self.tool("compute-sanitizer", "========= Invalid __global__ write\n========= ERROR SUMMARY: 2 errors\n", 1)
        run = self.check("--only", "selftest")
        self.assertEqual(run.returncode, 1, run)
        self.assertIn("FAILED", self.results("memcheck")[0]["text"])
        self.assertEqual(len(self.results("selftest")), 1, "a run begins anew")

    @unittest.skipUnless(has_device(), "there is no OpenCL device here")
    def test_kernels_rates_and_stops(self):
        for step in ["kernels", "rates", "stop"]:
            self.steps(step, "--append", "--params", "48,5", "--turn", "0.05")
        kernels = self.results("phases")[0]["seconds"]
        self.assertIn("hash alone", kernels)
        for rate in self.results("rates"):
            self.assertGreater(rate["it_s"], 0)
            self.assertEqual(rate["host_cpu_percent"], "the CPU is the device")
        self.assertEqual(len(self.results("rates")), 2, "every device in two turns")
        stop = self.results("stop")[0]
        self.assertEqual(stop["stops"], 8)
        self.assertLess(0, stop["median_ms"])
        self.assertLessEqual(stop["median_ms"], stop["worst_ms"])
        self.assertLess(stop["worst_ms"], 5000, "a batch without end was stopped")
        self.assertIn(stop["longest_kernel"], kernels)

    def peers(self, *peers, limit="20", seconds="300"):
        """The results of one run beside these, by peer."""
        words = [word for peer in peers for word in ("--peer", peer)]
        self.steps("peers", "--params", "48,5", "--turn", "0.01", "--peer-limit", limit, "--seconds", seconds, *words)
        found = {}
        for one in self.results("peers"):
            found.setdefault(one["peer"], []).append(one)
        return found

    @unittest.skipUnless(has_device(), "there is no OpenCL device here")
    def test_rates_of_peers_are_read_from_what_they_print(self):
        printed = {
            # silentarmy: its own quotient has one digit
            "a": ("Nonce 05: 2 sols\nTotal 11 solutions in 10499.4 ms (1.0 Sol/s)\n", 11 / 10.4994),
            # nheqminer with djezo's kernels, which also prints rates on the way, in colours
            "b": ("\33[1;33mSpeed [15 sec]: 30 I/s, 50.5 Sols/s\33[0m\nTotal solutions found: 376\n"
                  "Speed: 160.09 I/s\nSpeed: 298.28 Sols/s\n", 298.28),
            # tromp on CUDA
            "c": ("9 rounds completed in 0.010 seconds.\n2 solutions 0 dupes\n9 rounds completed in 0.030 seconds.\n"
                  "1 solutions 0 dupes\n3 total solutions", 75),
            "d": ("Average: 1,234.5 sol/s (31.2 I/s) 4 Sol/s/W\r", 1234.5),
        }
        for name, (text, _) in printed.items():
            (self.folder / name).write_text(text)
        found = self.peers(*[f"{name}=cat {self.folder}/{name}" for name in printed])
        for name, (_, rate) in printed.items():
            *rounds, medians = found[name]
            self.assertEqual([one["round"] for one in rounds], [1, 2, 3], rounds)
            for one in found[name]:
                self.assertAlmostEqual(one["peer_sol_s"], rate)
                self.assertAlmostEqual(one["ratio"], one["sol_s"] / rate)
            self.assertEqual(medians["median_of"], 3)
            self.assertEqual(medians["sol_s"], sorted(one["sol_s"] for one in rounds)[1])
            self.assertNotIn("must", medians, "nobody's bar")

    @unittest.skipUnless(has_device(), "there is no OpenCL device here")
    def test_a_count_alone_is_over_the_whole_process(self):
        one = self.peers("slow=sleep 0.2; echo 'Total 3 solutions'")["slow"][0]
        self.assertTrue(3 / 10 < one["peer_sol_s"] <= 3 / 0.2, one)
        self.assertIn("of the whole process", one["peer_rate_from"])

    @unittest.skipUnless(has_device(), "there is no OpenCL device here")
    def test_peers_that_misbehave_are_told(self):
        asleep = f"31.{os.getpid()}1"  # seconds, to be found by
        found = self.peers(
            "silent=echo 12,5 Sol/s; echo 3 kSol/s; echo; echo the end",
            f"absent={self.folder}/absent",
            "fails=echo 5 Sol/s; echo no memory >&2; exit 3",
            "dies=echo 5 Sol/s; kill -SEGV $$",
            f"hangs=echo begun; trap '' TERM; sleep {asleep} & sleep {asleep}",
            f"lasting=while echo 5 Sol/s; do sleep 0.05; done; sleep {asleep}",
            f"leaves=echo 5 Sol/s; sleep {asleep} & exit 0",
            f"floods=yes {asleep}",
            "zero=echo 0.0 Sol/s",
            "elsewhere@cuda:99=echo 5 Sol/s",
            limit="0.5")
        why = {name: results[0].get("peer_failed") for name, results in found.items()}
        self.assertEqual(why["silent"], "printed no rate and no count of solutions; its last line: the end")
        self.assertRegex(why["absent"], "^is not there .*not found")
        self.assertEqual(why["fails"], "ended with exit code 3; its last line: no memory")
        self.assertEqual(why["dies"], "died of signal 11; its last line: 5 Sol/s")
        self.assertRegex(why["hangs"], r"^was killed after [0-9.]+ s; its last line: begun")
        self.assertRegex(why["floods"], "^was killed after")
        self.assertRegex(why["zero"], "^printed no rate")
        self.assertIn("no device cuda:99", found["elsewhere"][0]["skipped"])
        for name in why:
            if why[name]:
                self.assertEqual(len(found[name]), 1, "no further round, no median")
        self.assertEqual([one["peer_sol_s"] for one in found["lasting"] + found["leaves"]], [5] * 8)
        self.assertIn("ended after 0.5 s", found["lasting"][0]["peer_rate_from"])
        self.assertEqual(processes_with(asleep), [])

    @unittest.skipUnless(has_device(), "there is no OpenCL device here")
    def test_peers_share_a_third_of_the_time(self):
        a, b = self.peers("a=sleep 1; echo 5 Sol/s", "b=sleep 1; echo 5 Sol/s", seconds="9").values()
        self.assertEqual([one.get("round") for one in a], [1, 2, None])
        self.assertTrue(a[1]["not_reached"], "the first rounds of all come before anyone's second")
        self.assertTrue(b[1]["not_reached"])
        self.assertEqual(a[2]["median_of"], 1)

    @unittest.skipUnless(has_device(), "there is no OpenCL device here")
    def test_bars_stand_beside_the_names_they_belong_to(self):
        found = self.peers("silentarmy@ocl/200,9=echo 1000000 Sol/s", "silentarmy@ocl:0/48,5=echo 1 Sol/s",
                           "djezo/200,9=echo 1 Sol/s")
        bars = [(one["params"], one["must"], one["target"], one["goal"])
                for results in found.values() for one in results if "must" in one]
        self.assertEqual(bars, [("200,9", 2, 4, 6)], "on a CPU; missed, and no failure")

    @unittest.skipUnless(has_device(), "there is no OpenCL device here")
    def test_ended_while_a_peer_works_both_are_gone(self):
        asleep = f"27.{os.getpid()}1"
        run = subprocess.Popen(self.command("--only", "peers", "--turn", "0.01", "--peer", f"p=sleep {asleep}; true"))
        begun = time.monotonic()
        while len(processes_with(asleep)) < 5 and time.monotonic() < begun + 20:  # script, timeout, program, sh, sleep
            time.sleep(0.02)
        self.assertGreaterEqual(len(processes_with(asleep)), 5)
        run.send_signal(signal.SIGTERM)
        self.assertEqual(run.wait(timeout=20), 143)
        self.assertEqual(processes_with(asleep), [])

    def test_a_peer_without_a_command_is_refused(self):
        for peer in ["name", "=command", "name=", "name@=command", "name/12,3=command"]:
            run = subprocess.run([PROGRAM, "--peer", peer], capture_output=True, text=True)
            self.assertEqual(run.returncode, 2, peer)
            self.assertIn(f"--peer {peer}: write 'NAME", run.stderr)
        self.assertEqual(self.check("--peer").returncode, 2)

    @unittest.skipUnless(has_device(), "there is no OpenCL device here")
    def test_ended_midway_it_keeps_what_it_has(self):
        run = subprocess.Popen(self.command("--turn", "600"), stdout=subprocess.PIPE, text=True)
        self.addCleanup(run.stdout.close)
        begun = time.monotonic()
        while not (self.out.exists() and self.results("E1")) and time.monotonic() < begun + 60:
            time.sleep(0.05)
        run.send_signal(signal.SIGTERM)
        self.assertEqual(run.wait(timeout=20), 143)
        self.assertTrue(self.results("selftest")[0]["ok"])
        self.assertEqual([one["skipped"] for one in self.results("E1")], ["the micro rates are CUDA kernels"])
        self.assertIn("ended by a signal", self.results("cut")[0]["text"])
        self.assertEqual(self.results("rates"), [])
        self.assertEqual(processes_with(str(self.out)), [], "the program is gone too")


if __name__ == "__main__":
    unittest.main()

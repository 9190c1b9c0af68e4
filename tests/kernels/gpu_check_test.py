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

"""What people are told when CUDA's driver is too old or does not start, by a driver made up for it."""

import json
import os
import pathlib
import re
import tempfile
import unittest

from adit_process import run

DRIVERS = pathlib.Path(os.environ["ADIT_DRIVERS"])  # folders with a libcuda.so.1 each
OLD = r"the NVIDIA driver knows CUDA up to {}, this build needs (\d+)\.\d: update the driver; " \
      r"until then its cards are driven through OpenCL"
NO_DEVICE, MISMATCH = "100", "803"  # answers of cuInit


def with_driver(folder, *words, cuda="0", init="0"):
    paths = f"{folder}:{os.environ.get('LD_LIBRARY_PATH', '')}"
    return run(*words, env={"LD_LIBRARY_PATH": paths, "ADIT_DRIVER_CUDA": cuda, "ADIT_DRIVER_INIT": init})


def notes_of(table):
    """The notes below a table of devices, each as the one line that it was."""
    lines = table[table.index("note: "):] if "note: " in table else ""
    return lines.replace("\n      ", " ").splitlines()


def ids_in(table):
    return re.findall(r"(?m)^ ?\d+  (\S+)", table)


class Driver(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="adit-driver-")
        self.addCleanup(self.folder.cleanup)
        self.plain = run("devices")
        if "cuda:" in self.plain.stdout or "note:" in self.plain.stdout:
            self.skipTest("there is a CUDA card here, or a driver with something to say")

    def check_table(self, done, note):
        """The devices are those that are there anyway, and below them stands the note."""
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr, "")
        self.assertEqual(ids_in(done.stdout), ids_in(self.plain.stdout))
        self.assertIn("cpu", ids_in(done.stdout))
        self.assertEqual(len(notes_of(done.stdout)), 1, done.stdout)
        self.assertRegex(notes_of(done.stdout)[0], f"^note: {note}$")
        for line in done.stdout.splitlines():
            self.assertLessEqual(len(line), 80, line)

    def check_everywhere(self, note, folder, **driver):
        self.check_table(with_driver(folder, "devices", **driver), note)

        as_json = with_driver(folder, "devices", "--json", **driver)
        self.assertEqual(as_json.returncode, 0)
        self.assertEqual([device["id"] for device in json.loads(as_json.stdout)], ids_in(self.plain.stdout))
        self.assertRegex(as_json.stderr, f"^note: {note}\n$")

        greeting = with_driver(folder, **driver)
        self.assertRegex(greeting.stdout.replace("\n      ", " "), f"(?m)^note: {note}$")

        refused = with_driver(folder, "benchmark", "48,5", "-d", "cuda:0", **driver)
        self.assertEqual(refused.returncode, 2)
        self.assertRegex(refused.stderr, f'^adit: there is no device "cuda:0"; there are: [^;]*cpu; {note}\n$')

        work = ["benchmark", "48,5", "--nonces", "0..9", "-t", "1"]
        left_to_us = with_driver(folder, *work, **driver)
        self.assertEqual(left_to_us.returncode, 0, left_to_us.stderr)
        self.assertRegex(left_to_us.stderr, f"(?m)^note: {note}$")
        named = with_driver(folder, *work, "-d", "cpu", **driver)
        self.assertEqual(named.returncode, 0, named.stderr)
        self.assertNotIn("note:", named.stderr)

    def test_a_driver_too_old(self):
        for shape, cuda, words in [("of_11", "11040", "11.4"), ("of_12", "11080", "11.8")]:
            with self.subTest(cuda):
                self.check_everywhere(OLD.format(re.escape(words)), DRIVERS / shape, cuda=cuda)

    def test_the_version_that_is_needed_suffices(self):
        said = notes_of(with_driver(DRIVERS / "of_12", "devices", cuda="11040").stdout)[0]
        needed = int(re.search(OLD.format(r"11\.4"), said).group(1)) * 1000
        for shape in ["of_11", "of_12"]:
            for cuda, notes in [(needed - 910, 1), (needed, 0), (needed + 1000, 0)]:
                with self.subTest((shape, cuda)):
                    done = with_driver(DRIVERS / shape, "devices", cuda=str(cuda), init=NO_DEVICE)
                    self.assertEqual(done.returncode, 0)
                    self.assertEqual(len(notes_of(done.stdout)), notes, done.stdout)

    def test_a_driver_that_does_not_start(self):
        self.check_everywhere(r"the NVIDIA driver does not start \([^\n]*driver combination\), so no card is used "
                              r"through CUDA: after an update of the driver, restart the machine",
                              DRIVERS / "of_12", cuda="99000", init=MISMATCH)

    def test_a_library_that_is_no_driver(self):
        library = pathlib.Path(self.folder.name) / "libcuda.so.1"
        library.write_text("not a library\n")
        self.check_everywhere(rf"the NVIDIA driver's libcuda\.so\.1 is here but cannot be used \({library}: .*\): "
                              r"install the driver anew", self.folder.name)

    def test_a_library_without_a_drivers_functions(self):
        self.check_everywhere(r"the NVIDIA driver's libcuda\.so\.1 is here but cannot be used \(it answers no call\): "
                              r"install the driver anew", DRIVERS / "of_nothing")

    def test_no_driver_is_nothing_to_speak_of(self):
        done = with_driver(self.folder.name, "devices")
        self.assertEqual(notes_of(done.stdout), [])
        self.assertEqual(done.returncode, 0)


if __name__ == "__main__":
    unittest.main()

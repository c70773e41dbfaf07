"""Output whose reader goes away."""

import subprocess
import sys

import pytest

SCRIPT = """
import logging, os, sys
from dmsp.streams import outlive_readers
outlive_readers()
outlive_readers()
logging.basicConfig(stream=sys.stdout, format="%(message)s")
print("é first", flush=True)
sys.stdin.readline()
for number in range(3000):
    print("a line that nobody reads", number)
    logging.warning("nor this")
os.system("echo nor what another program writes")
print("done", file=sys.stderr)
"""


@pytest.mark.parametrize("options", [[], ["-u"]], ids=["buffered", "unbuffered"])
def test_a_process_goes_on_when_the_reader_of_its_output_has_gone(options):
    process = subprocess.Popen(
        [sys.executable] + options + ["-X", "utf8", "-c", SCRIPT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout.readline().decode("utf-8").strip() == "é first"
    process.stdout.close()
    process.stdin.write(b"\n")
    process.stdin.close()
    assert process.stderr.read().decode("utf-8").strip() == "done"
    assert process.wait(timeout=60) == 0


def test_a_full_disk_is_told_of():
    script = "from dmsp.streams import outlive_readers; outlive_readers(); print(1, flush=True)"
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-c", script], stdout=full, stderr=subprocess.PIPE, timeout=60
        )
    assert done.returncode == 1 and b"No space left" in done.stderr

"""Run the studies and write their tables: ``python experiments/published/tables.py --data FOLDER``.

Goes on where it was interrupted.
"""

import argparse
import pathlib
import subprocess
import sys

import summary
import table
from studies import STUDIES

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def main(arguments):
    """Run studies and write their tables; return the exit code."""
    options = _options(arguments)
    given = {"data": options.data, "dae": options.dae}
    code = 0
    for name in options.study or STUDIES:
        ran = [_run(name, part, given) for part in STUDIES[name].runs.items()]
        code |= any(ran)
        if not all(done is None for done in ran):
            table.write(HERE / "README.md", ROOT / "outputs" / name)
    _sum_up()
    return code


def _sum_up():
    """Write the summary of all tables into the main README."""
    readme = ROOT / "README.md"
    tables = (HERE / "README.md").read_text(encoding="utf-8")
    found = summary.summary(tables, "experiments/published/README.md")
    text = table.replaced(readme.read_text(encoding="utf-8"), "published", found)
    readme.write_text(text, encoding="utf-8")


def _run(name, part, given):
    """Run a part of a study; return the exit code, ``None`` where what it needs is not given."""
    folder, overrides = part
    for key, value in given.items():
        if not value and any("{" + key + "}" in word for word in overrides):
            print("{}/{}: left out without --{}".format(name, folder, key))
            return None
    target = "outputs/{}/{}".format(name, folder).rstrip("/")
    words = ["+experiments={}".format(name), "tracking=none", "resume=true"]
    words += [word.format(**given) for word in overrides]
    words += ["hydra.{}.dir={}".format(kind, target) for kind in ("run", "sweep")]
    return subprocess.run([sys.executable, "run.py"] + words, cwd=str(ROOT)).returncode


def _options(arguments):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", nargs="*", choices=[[]] + list(STUDIES), help="all if not named")
    parser.add_argument("--data", help="folder of the test sets and kernels, see README.md")
    parser.add_argument("--dae", help="published weights DAE_sigma11.mat")
    options = parser.parse_args(arguments)
    for key in ("data", "dae"):
        path = getattr(options, key)
        if path and not pathlib.Path(path).exists():
            parser.error("--{} {}: no such file or folder".format(key, path))
        setattr(options, key, path and str(pathlib.Path(path).resolve()))
    return options


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

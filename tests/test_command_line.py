"""What ``run.py`` says where there is nothing to run, in a process of its own."""

import os
import subprocess
import sys

from test_run import ROOT, TINY, launch


def test_mistakes_take_a_line(tmp_path):
    (tmp_path / "broken.png").write_text("no picture")
    below = tmp_path / "broken.png" / "outputs"
    cases = [
        (
            tmp_path,
            ["task=superess"],
            "error: task=superess: no such choice; did you mean 'superres'?",
        ),
        (tmp_path, ["tracking.uri=gopher://x"] + TINY, "error: tracking.uri=gopher://x"),
        (below, ["tracking=none"] + TINY, "error: {}".format(below)),
        (tmp_path, ["data=folder", "data.path={}".format(tmp_path)], "error: {}".format(tmp_path)),
    ]
    for outputs, overrides, message in cases:
        code, out, err = launch(outputs, *overrides)
        assert code == 2
        assert err.startswith(message) and len(err.splitlines()) == 1


def test_no_folder_is_made_of_nothing(tmp_path):
    for overrides in (["outputs=null"], ["-m", "outputs="]):
        done = subprocess.run(
            [sys.executable, str(ROOT / "run.py")] + overrides,
            cwd=str(tmp_path),
            stderr=subprocess.PIPE,
            text=True,
        )
        assert done.returncode == 2 and done.stderr.startswith("error: outputs is empty: name")
        assert len(done.stderr.splitlines()) == 1 and not list(tmp_path.iterdir())


def test_multirun_may_stand_anywhere(tmp_path):
    words = ["noise=0.01", "-m", "noise_level=nonsense"]
    code, _, err = launch(tmp_path, *words)
    assert code == 2 and "noise_level=nonsense: no such choice" in err


def test_help_is_quick_and_imports_nothing_heavy():
    script = (
        "import sys, runpy; sys.argv = ['run.py', '{}']\n"
        "try: runpy.run_path('run.py', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "print(sorted({{'tensorflow', 'mlflow', 'matplotlib'}} & set(sys.modules)))"
    )
    for option in ("--help", "--cfg=job"):
        done = subprocess.run(
            [sys.executable, "-c", script.format(option)],
            cwd=str(ROOT),
            env=dict(os.environ, PYTHONPATH=str(ROOT)),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert done.stdout.splitlines()[-1] == "[]"
        assert "noise" in done.stdout and "sigma_dae" in done.stdout

"""``python -m dmsp.reports``."""

import pytest

from dmsp.reports.__main__ import main


@pytest.fixture
def told(capsys):
    """A function that calls a command and returns exit code, output and error line."""

    def call(*words):
        code = main([str(word) for word in words])
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_table_is_aligned_and_stars_the_best_of_each_problem(sweep, told):
    code, out, _ = told("compare", sweep)
    lines = [line for line in out.splitlines() if line[:1].isdigit() and "done" in line]
    assert code == 0 and "8 pictures of sample; RGB, border 0x0" in out
    assert [line.split()[0] for line in lines] == list("120543")
    assert lines[0].split()[:4] == ["1", "0.01", "11", "35.30*"]
    assert lines[3].split()[:4] == ["5", "0.05", "15", "32.50*"]
    assert len({line.index("done") for line in lines}) == 1


def test_best_prints_the_command_that_repeats_it(sweep, told):
    code, out, _ = told("best", sweep)
    assert code == 0
    assert "\n  python run.py task=deblur noise=0.05 sigma_dae=15\n" in out
    assert "sigma_dae=7" not in out
    code, out, _ = told("best", sweep, "--by", "sigma_dae", "--metric", "ssim")
    assert "sigma_dae=7" in out and "noise=0.05" not in out
    # What all have alike parts nothing.
    for alike in ("task", "num_iter"):
        code, out, _ = told("best", sweep, "--by", alike)
        assert code == 0 and "sigma_dae=11" in out and "noise=0.05" not in out
        assert "ranked across different noise" in out


def test_mistakes_are_one_line(sweep, told, tmp_path):
    mistakes = {
        ("best", sweep, "--by", "nose"): "--by=nose: no column of that name; did you mean 'noise'?",
        ("best", sweep, "--by", ","): "--by: name parameters, such as task,noise",
        ("compare", tmp_path): "no run in it",
    }
    for words, expected in mistakes.items():
        code, _, err = told(*words)
        assert code == 2 and expected in err
        assert err.startswith("error: ") and err.count("\n") == 1

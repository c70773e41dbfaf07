"""The comparison of speeds and the guard of it, in experiments/speed."""

import json
import sys

import numpy as np
import pytest

from tests.conftest import ROOT

FOLDER = ROOT / "experiments" / "speed"


@pytest.fixture(autouse=True)
def beside(monkeypatch):
    """The scripts import each other by name, as when one is run."""
    monkeypatch.syspath_prepend(str(FOLDER))
    yield
    for name in ("bench", "compare", "measure", "report", "table"):
        sys.modules.pop(name, None)


def test_a_ratio_may_become_worse_by_its_tolerance_and_better_by_any():
    import bench

    kept = dict.fromkeys(bench.GUARDED, 1.0)
    for name, guarded in bench.GUARDED.items():
        for factor, worse in ((0.99, []), (1.01, [name]), (0.1, []), (10.0, [name])):
            value = guarded.tolerance * factor
            now = 1.0 / value if guarded.more_is_better else value
            lines, found = bench.compare(dict(kept, **{name: now}), kept)
            assert found == worse, (name, factor)
            assert ("WORSE" in "\n".join(lines)) == bool(worse)
        assert bench.compare(dict(kept, **{name: float("nan")}), kept)[1] == [name]


def test_what_this_machine_lacks_or_nobody_kept_is_told_and_no_loss():
    import bench

    kept = dict.fromkeys(bench.GUARDED, 1.0)
    without = {name: value for name, value in kept.items() if name != "amx_bf16"}
    for found, before, text in ((without, kept, "not measured here"), (kept, without, "new")):
        lines, worse = bench.compare(found, before)
        assert worse == [] and sum(text in line for line in lines) == 1


def test_the_kept_ratios_are_the_guarded_ones():
    import bench

    kept = json.loads((FOLDER / "bench.json").read_text(encoding="utf-8"))
    assert set(kept["ratios"]) == set(bench.GUARDED)
    assert all(value > 0 for value in kept["ratios"].values())


@pytest.fixture
def bench_of(monkeypatch, tmp_path):
    """Return a function that runs the guard on given ratios, and gives its exit code."""
    import bench

    monkeypatch.setattr(bench, "KEPT", tmp_path / "bench.json")
    bench.KEPT.write_text(json.dumps({"ratios": {}, "software": "nowhere"}))

    def run(value, *arguments, lacking=(), software="here"):
        ratios = dict.fromkeys(sorted(set(bench.GUARDED) - set(lacking)), value)
        monkeypatch.setattr(bench, "measured", lambda: {"ratios": ratios, "software": software})
        return bench.main([*arguments, "--out", str(tmp_path / "out.json")])

    return run


def test_an_update_leaves_what_this_machine_lacks(bench_of, tmp_path):
    assert bench_of(1.0, "--update") == 0
    for _ in range(2):
        assert bench_of(3.0, "--update", lacking=["amx_bf16"], software="there") == 0
        kept = json.loads((tmp_path / "bench.json").read_text())
        assert kept["ratios"]["amx_bf16"] == 1.0 and kept["ratios"]["hqs"] == 3.0
        assert kept["software"] == "there" and kept["elsewhere"] == {"amx_bf16": "here"}
    assert "amx_bf16" not in json.loads((tmp_path / "out.json").read_text())["ratios"]


def test_the_guard_s_exit_code(bench_of, tmp_path, capsys):
    assert bench_of(1.0, "--update") == 0
    assert bench_of(1.0) == 0
    assert json.loads((tmp_path / "out.json").read_text())["software"] == "here"
    assert bench_of(2.0) == 1
    assert "worse: hqs" in capsys.readouterr().err
    assert json.loads((tmp_path / "bench.json").read_text())["ratios"]["hqs"] == 1.0


def test_the_course_of_a_restoration_begins_with_the_first_estimate():
    import measure
    import report

    rows = [{"ms": 100.0, "psnr": 20.0}, {"ms": 300.0, "psnr": 26.0}, {"ms": 100.0, "psnr": 25.0}]
    course = measure.course(0.7, rows)
    np.testing.assert_allclose(course, [[0.3, 20.0], [0.6, 26.0], [0.7, 25.0]])
    assert report.seconds_to(course, 25.5) == pytest.approx(0.6)
    assert report.seconds_to(course, 27.0) is None


def test_a_report_is_made_of_what_was_measured(tmp_path):
    import compare
    import report

    def measured(**more):
        return dict(
            {
                "course": [[0.5, 24.0], [1.0, 26.0]],
                "psnr": 26.0,
                "seconds": 1.0,
                "seconds_per_iteration": 0.5,
                "network_seconds": 0.4,
                "gflops": 90.0,
                "peak_gflops": 100.0,
                "megapixels": 0.25,
                "memory_gb": 1.5,
                "pictures": 2,
                "precision": "float32",
                "software": "here",
            },
            **more,
        )

    pieces = compare.pieces()
    for name, label in (("hqs", "ours"), ("size-256x384", ""), ("batch-2", "")):
        (tmp_path / (name + ".json")).write_text(json.dumps(measured(label=label)))
    text = report.write(pieces, tmp_path, tmp_path)
    assert "| ours | float32 | 2 | 26.00 | 1.00 | 1.00 | 0.500 | 80 % | 90 | 90 % |" in text
    assert "| 0.2 | 0.50 | 2.00 | 1.60 | 1.5 |" in text
    assert "| 2 | 0.500 |" in text
    assert (tmp_path / "table.md").read_text() == text + "\n"
    assert (tmp_path / "curves.png").stat().st_size > 1000


def test_the_table_of_optimizers_marks_the_best_and_ends_with_the_published(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(ROOT / "experiments" / "optimizers"))
    import table

    for number, (name, task, psnr) in enumerate(
        (("momentum", "deblur", 25.0), ("momentum", "inpaint", 31.0), ("red", "deblur", 26.0))
    ):
        one = {"optimizer": name, "task": task, "noise": 0.01, "psnr": psnr}
        one.update(iterations=10, seconds_per_iteration=0.25)
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "summary.json").write_text(json.dumps(one))
    assert table.table([tmp_path]).splitlines() == [
        "| noise 0.01 | deblur | inpaint |",
        "| --- | --- | --- |",
        "| red | **26.00**, 2.5 s |  |",
        "| momentum | 25.00, 2.5 s | **31.00**, 2.5 s |",
    ]


def test_another_program_is_told_the_levels_and_weights_of_ours(tmp_path):
    import measure

    words = ("task=deblur", "kernel=motion", "data.limit=1", "data.resize=48", "tracking=none")
    for name, more in (("derived", ()), ("given", ("optimizer.beta=0.5",))):
        path = tmp_path / (name + ".npz")
        measure.exchange(words + more, str(path))
        with np.load(str(path), allow_pickle=False) as stored:
            sigmas, betas = stored["sigmas"], stored["betas"]
        assert len(sigmas) == len(betas) == 8 and (np.diff(sigmas) < 0).all()
        if more:
            np.testing.assert_allclose(betas, 0.5, 1e-5)
        else:
            assert (betas >= 0.08).all() and (betas <= 0.3).all()

"""The files that a run leaves behind."""

import json
import math

import numpy as np
import pytest

from dmsp import reports
from dmsp.errors import UserError
from dmsp.reports import summary as summaries
from dmsp.reports.courses import KEPT, Courses
from tests.reports.conftest import course, pixels, table


def test_everything_is_there_as_soon_as_a_picture_is_done(result, picture, tmp_path):
    results = reports.Results(tmp_path / "new" / "run")
    results.add(result("a", note="grey, converted to RGB", facts={"noise_used": 0.02}))
    folder = tmp_path / "new" / "run"
    assert table(folder / "results.csv") == [
        {
            "name": "a",
            "psnr": "30.0000",
            "ssim": "0.9000",
            "psnr_baseline": "25.0000",
            "status": "done",
            "iterations": "3",
            "note": "grey, converted to RGB",
            "height": "40",
            "width": "48",
            "noise_used": "0.0200",
        }
    ]
    rows = table(folder / "iterations.csv")
    assert [row["iteration"] for row in rows] == ["1", "2", "3"]
    assert rows[1] == {
        "name": "a",
        "iteration": "2",
        "psnr": "29.5000",
        "ssim": "0.5000",
        "residual": "4.5000",
        "step": "0.5000",
        "noise": "5.0000",
        "ms": "20.0000",
    }
    restored = pixels(folder / "restored" / "a.png")
    np.testing.assert_array_equal(restored, np.rint(np.clip(picture, 0, 255)))
    assert pixels(folder / "strips" / "a.png").ndim == 3
    assert not (folder / "summary.json").exists()


def test_table_does_not_depend_on_time(result, tmp_path):
    for name, factor in (("first", 1.0), ("second", 3.0)):
        rows = [dict(row, ms=factor * row["ms"]) for row in course(30.0)]
        reports.Results(tmp_path / name).add(result(iterations=rows))
    first, second = (tmp_path / name / "results.csv" for name in ("first", "second"))
    assert first.read_bytes() == second.read_bytes()


def test_summary_holds_means_facts_and_nulls(result, tmp_path):
    results = reports.Results(tmp_path)
    results.add(result("a", 30.0))
    results.add(result("b", 32.0, psnr_baseline=27.0, status="diverged at iteration 3: not finite"))
    results.add(result("c", None, ssim=None, psnr_baseline=None, truth=None, iterations=[]))
    results.skip("d", "no picture")
    facts = {"seconds": np.float32(1.5), "noise": float("nan"), "device": "cpu", "x": [np.int64(3)]}
    returned = results.finish(facts)
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert {key: summary[key] for key in ("psnr", "ssim", "psnr_baseline")} == {
        "psnr": 31.0,
        "ssim": 0.9,
        "psnr_baseline": 26.0,
    }
    counts = {key: summary[key] for key in ("images", "skipped", "diverged", "iterations")}
    assert counts == {"images": 3, "skipped": 1, "diverged": 1, "iterations": 3}
    assert (summary["seconds"], summary["noise"], summary["x"]) == (1.5, None, [3])
    assert set(summaries.KEYS) <= set(summary)
    assert returned == dict(summary, folder=str(tmp_path))
    assert not list(tmp_path.rglob("*.part"))


def test_run_cut_short_before_its_first_picture(tmp_path):
    summary = reports.Results(tmp_path).finish({"status": "killed"})
    assert (summary["status"], summary["images"], summary["psnr"]) == ("killed", 0, None)
    assert reports.verdict(summary) == "killed, 0 pictures restored; see {}".format(tmp_path)


def test_infinite_figures_are_null_in_the_summary(result, tmp_path):
    results = reports.Results(tmp_path)
    results.add(result(psnr=math.inf, iterations=course(math.inf)))
    summary = results.finish({})
    assert summary["psnr"] is None
    assert "psnr" not in reports.headline(summary)
    assert table(tmp_path / "results.csv")[0]["psnr"] == "inf"


def test_course_leaves_out_what_is_not_finite(result, tmp_path):
    results = reports.Results(tmp_path)
    results.add(result("a", iterations=course(30.0, 2) + [{"iteration": 3, "psnr": math.nan}]))
    assert results.history()["iteration/psnr"] == [(1, 29.0), (2, 29.5)]
    nowhere = [{"iteration": 1, "psnr": math.inf, "residual": math.nan}]
    results = reports.Results(tmp_path)
    results.add(result("a", iterations=nowhere))
    assert results.history() == {}
    results.finish({})
    assert not (tmp_path / "convergence.png").exists()


def test_closing_line(result, tmp_path):
    results = reports.Results(tmp_path)
    results.add(result())
    summary = results.finish({"seconds_per_iteration": 0.03456, "device": "cpu"})
    assert reports.verdict(summary) == (
        "1 picture restored, 30.00 dB, 5.00 above the baseline's 25.00, SSIM 0.900, "
        "0.0346 s an iteration on cpu; see {}".format(tmp_path)
    )
    blind = dict(summary, noise_level="blind", noise_used=0.01234, noise=0.01)
    assert ", SSIM 0.900, noise found 0.0123 of 0.01, 0.0346 s" in reports.verdict(blind)
    assert ", noise found 0.0123, " in reports.verdict(dict(blind, noise=None))
    assert "found" not in reports.verdict(dict(blind, noise_level="known"))
    worse = dict(summary, psnr=24.0, images=2, skipped=1, folder=None)
    assert reports.verdict(worse).startswith(
        "2 pictures restored (1 skipped), 24.00 dB, 1.00 below the baseline's 25.00"
    )
    unknown = dict(summary, psnr=None, ssim=None, seconds_per_iteration=None, folder="out")
    assert reports.verdict(unknown) == "1 picture restored; see out"


def test_headline_holds_the_numbers(result, tmp_path):
    results = reports.Results(tmp_path)
    results.add(result())
    assert reports.headline(results.finish({"seconds": 2.0, "device": "cpu"})) == {
        "psnr": 30.0,
        "ssim": 0.9,
        "psnr_baseline": 25.0,
        "images": 1,
        "skipped": 0,
        "diverged": 0,
        "iterations": 3,
        "seconds": 2.0,
        "seconds_per_iteration": 0.02,
    }


def test_history_keeps_the_last_value_of_pictures_that_stopped(result, tmp_path):
    results = reports.Results(tmp_path)
    results.add(result("a", iterations=[{"iteration": 1, "psnr": 20.0, "ms": 4.0}]))
    later = [{"iteration": k, "psnr": 20.0 + 2 * k, "ms": 8.0} for k in (1, 2)]
    results.add(result("b", iterations=later))
    assert results.history() == {
        "iteration/psnr": [(1, 21.0), (2, 22.0)],
        "iteration/ms": [(1, 6.0), (2, 8.0)],
    }


def test_means_are_those_of_all_pictures_in_bounded_memory():
    rng = np.random.RandomState(0)
    courses, values = Courses(), []
    for _ in range(3 * KEPT):
        psnr = list(rng.uniform(20, 30, rng.randint(1, 6)))
        courses.add([{"iteration": k, "psnr": value} for k, value in enumerate(psnr, 1)])
        values.append(psnr + [psnr[-1]] * (5 - len(psnr)))
    assert courses.mean("psnr") == [
        (k, pytest.approx(value)) for k, value in enumerate(np.mean(values, axis=0), 1)
    ]
    assert len(courses.single("psnr")) == KEPT
    assert courses.mean("ssim") == courses.single("ssim") == []


def test_a_gap_in_a_course_is_bridged():
    courses = Courses()
    rows = [(1, 20.0), (2, math.nan), (3, 26.0), (4, math.inf)]
    courses.add([{"iteration": k, "psnr": value} for k, value in rows])
    courses.add([{"iteration": k, "psnr": 10.0} for k in (1, 2, 3, 4)])
    assert courses.mean("psnr") == [(1, 15.0), (2, 15.0), (3, 18.0), (4, 18.0)]


def test_a_figure_that_is_not_finite_hides_no_mean(result, tmp_path):
    results = reports.Results(tmp_path)
    for name, psnr in (("a", 30.0), ("b", math.nan), ("c", math.inf), ("d", 32.0)):
        results.add(result(name, psnr, iterations=[]))
    assert results.finish({})["psnr"] == 31.0


# What goes wrong


def test_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="file/run: cannot be written .*outputs=…"):
        reports.Results(tmp_path / "file" / "run")


def test_full_disk_keeps_what_was_written(result, tmp_path, monkeypatch):
    results = reports.Results(tmp_path)
    results.add(result("a"))

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(results, "_write", full)
    with pytest.raises(
        UserError, match=r"No space left on device.*what was written stays"
    ) as caught:
        results.add(result("b"))
    assert "\n" not in str(caught.value) and str(tmp_path) in str(caught.value)
    assert [row["name"] for row in table(tmp_path / "results.csv")] == ["a"]
    assert (tmp_path / "restored" / "b.png").exists()


def test_picture_that_cannot_be_written(result, tmp_path):
    results = reports.Results(tmp_path)
    (tmp_path / "restored").rmdir()
    (tmp_path / "restored").write_text("in the way")
    with pytest.raises(UserError, match="restored"):
        results.add(result("a"))

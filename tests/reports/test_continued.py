"""A run that was killed keeps what was done."""

import pytest

from dmsp import reports
from dmsp.reports.journal import Journal


def test_a_line_counts_once_it_is_complete(tmp_path):
    path = tmp_path / "sub" / "pictures.jsonl"
    journal = Journal(path)
    for name in "ab":
        journal.append({"name": name})
    with open(str(path), "a") as file:
        file.write('{"name": "c')
    again = Journal(path, resume=True)
    assert [record["name"] for record in again.records] == ["a", "b"]
    again.append({"name": "d"})
    assert [record["name"] for record in Journal(path, resume=True).records] == ["a", "b", "d"]
    assert Journal(path).records == []


@pytest.fixture
def rows():
    return [
        {"iteration": 1, "ms": 2.0, "psnr": 20.123456, "residual": 1.0, "step": 3.0},
        {"iteration": 2, "ms": 4.0, "psnr": 25.987654, "residual": 1.0, "step": 2.0},
    ]


def result(name, rows, psnr):
    import numpy as np

    pixels = np.zeros((8, 8, 3))
    facts = {"seconds": 2.0, "noise_told": 0.02, "metric_protocol": "RGB"}
    return reports.PictureResult(
        name, pixels, pixels, psnr=psnr, iterations=rows, facts=dict(facts)
    )


def test_a_run_continued_leaves_what_an_undisturbed_one_does(tmp_path, rows):
    """The tables are torn, and a picture lacks its line in the journal, as kill -9 leaves them."""
    whole = reports.Results(tmp_path / "whole")
    torn = reports.Results(tmp_path / "torn")
    for name, psnr in [("a", 1 / 3.0), ("b", 2 / 7.0)]:
        whole.add(result(name, rows, psnr))
        torn.add(result(name, rows, psnr))
    torn.skip("c.png", "is broken")
    whole.skip("c.png", "is broken")
    journal = tmp_path / "torn" / ".dmsp" / "pictures.jsonl"
    lines = journal.read_text().splitlines(True)
    journal.write_text(lines[0] + lines[2])
    table = tmp_path / "torn" / "results.csv"
    table.write_text(table.read_text()[:-7])
    again = reports.Results(tmp_path / "torn", resume=True)
    assert again.has("a") and again.has("c.png") and not again.has("b")
    again.add(result("b", rows, 2 / 7.0))
    before, after = (one.finish({}) for one in (whole, again))
    assert dict(before, folder="") == dict(after, folder="")
    assert after["seconds"] == 4.0 and after["noise_told"] == 0.02
    for name in ("results.csv", "iterations.csv"):
        tables = [
            sorted((tmp_path / one / name).read_text().splitlines()) for one in ("whole", "torn")
        ]
        assert tables[0] == tables[1]


def test_a_run_without_resume_starts_anew(tmp_path, rows):
    reports.Results(tmp_path).add(result("a", rows, 30.0))
    assert not reports.Results(tmp_path).has("a")
    assert len((tmp_path / "results.csv").read_text().splitlines()) == 1

"""The page of a sweep, its figures and its gallery."""

import base64
import json
import re
import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image

from dmsp.errors import UserError
from dmsp.reports import figures, gallery, page, plan, runs
from dmsp.reports.__main__ import main
from dmsp.reports.strip import panels
from tests.reports.conftest import truth, write_run


@pytest.fixture(scope="module")
def found(sweep):
    return runs.load([str(sweep)])


def test_parameters_find_their_places(found):
    indices = list(found.table.index)
    assert plan.make(found, indices)[:3] == ("sigma_dae", None, "noise")
    assert plan.make(found, indices, hue="noise")[:3] == ("sigma_dae", "noise", None)
    assert plan.make(found, indices, x="noise")[:3] == ("noise", "sigma_dae", None)


def test_points_are_means_with_paired_errors(found):
    indices = list(found.table.index)
    points = plan.points(found, indices, plan.make(found, indices), "psnr")
    assert len(points) == 6
    assert points[1][:3] == (0.01, None, 11)
    assert points[1].mean == pytest.approx(found.table.psnr[1])
    # Pictures are 2 dB apart, which is common to all runs: no error is left of it.
    assert max(point.error for point in points) < 1e-4


def test_page_is_one_file_with_everything_inside(sweep, tmp_path):
    assert main(["compare", str(sweep), "--out", str(tmp_path)]) == 0
    text = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"(?:src|href)=\"(?!data:)", text) and "url(" not in text
    pictures = re.findall(r"data:image/png;base64,([^\"]+)", text)
    assert all(base64.b64decode(data)[1:4] == b"PNG" for data in pictures) and len(pictures) >= 8
    assert text.count("image/svg+xml") == 2
    assert "36.5" not in text and ">35.30<" in text and "python run.py task=deblur" in text
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {
        *("index.html", "runs.csv", "runs.md", "quality.png", "time.png", "gallery.png")
    }


def test_what_runs_are_called_cannot_become_part_of_the_page(tmp_path):
    evil = "<script>alert('x')</script>\"&"
    for job, name in enumerate((evil, "b")):
        facts = {"status": "done" if job else evil, "optimizer": name, "device": evil}
        write_run(tmp_path / str(job), facts=facts, overrides=["'x={}'".format("<b>")])
    text = page.write(tmp_path).read_text(encoding="utf-8")
    assert "<script>alert" not in text and "&lt;script&gt;alert" in text
    assert text.count("<script") == 1


def test_gallery_frames_where_runs_differ_most():
    quiet = np.zeros((40, 60, 3), np.uint8)
    loud = quiet.copy()
    loud[22:28, 41:47] = 200
    y, x, h, w = gallery.disagreement([quiet, loud])
    assert (h, w) == (10, 10)
    assert y <= 22 and y + h >= 28 and x <= 41 and x + w >= 47


def test_photographs_have_a_small_frame_and_a_small_place_on_the_page(monkeypatch, tmp_path):
    quiet = np.zeros((3100, 400, 3), np.uint8)
    loud = quiet.copy()
    loud[1500:1600, 250:350] = 200
    y, x, h, w = gallery.disagreement([quiet, loud])
    assert (h, w) == (100, 100) and abs(y - 1500) <= 3 and abs(x - 250) <= 3
    loud[-1:, -1:] = 255
    assert gallery.disagreement([quiet, quiet])[2:] == (100, 100)
    wide = np.zeros((1300, 2000, 3), np.uint8)
    assert gallery.disagreement([wide, wide])[2:] == (256, 256)
    assert page._reduced(wide).shape == (390, 600, 3)


def test_runs_without_a_truth_are_put_side_by_side(tmp_path):
    """Of photographs there is nothing to measure, and all the more to look at."""
    facts = {"psnr": None, "ssim": None, "psnr_baseline": None, "metric_protocol": "not measured"}
    for job, sigma in enumerate((7, 11)):
        folder = write_run(tmp_path / str(job), sigma_dae=sigma, pictures=2, facts=facts)
        for name, columns in (("results.csv", 3), ("iterations.csv", 4)):
            lines = [line.split(",") for line in (folder / name).read_text().splitlines()]
            kept = "\n".join(
                ",".join("" if 0 < i <= columns and k else cell for i, cell in enumerate(cells))
                for k, cells in enumerate(lines)
            )
            (folder / name).write_text(kept + "\n")
        summary = json.loads((folder / "summary.json").read_text())
        (folder / "summary.json").write_text(json.dumps(dict(summary, **facts)))
    found = runs.load([str(tmp_path)])
    text = page.write(tmp_path).read_text(encoding="utf-8")
    assert "<b>sigma_dae 7</b>" in text and "<b>sigma_dae 11</b>" in text
    assert "2 pictures; not measured." in re.sub(" of [^;]*;", ";", text)
    assert "Not ranked" not in text and "dB</div>" not in text and "svg" not in text
    assert found.best() == [] and len(found.best("seconds")) == 1


def test_gallery_holds_the_same_piece_of_every_run(found):
    shown = gallery.make(found, 0, "picture3", "4,6,10,20")
    assert [panel.title for panel in shown.panels] == [
        *("degraded", "sigma_dae 11", "sigma_dae 15", "sigma_dae 7", "truth")
    ]
    np.testing.assert_array_equal(shown.panels[-1].piece, truth("picture3")[4:14, 6:26])
    assert {panel.piece.shape for panel in shown.panels} == {(10, 20, 3)}
    assert gallery.draw(shown).dtype == np.uint8


def test_a_sweep_of_the_noise_alone_has_a_gallery_and_no_best_point(tmp_path):
    for job, noise in enumerate((0.01, 0.02)):
        write_run(tmp_path / str(job), 28.0 - job, noise=noise, pictures=2)
    noisy = runs.load([str(tmp_path)])
    shown = gallery.make(noisy, 0)
    assert [panel.title for panel in shown.panels] == ["noise 0.01", "noise 0.02", "truth"]
    assert shown.problem == ""
    indices = list(noisy.table.index)
    drawn = figures.quality(noisy, indices, plan.make(noisy, indices))
    assert not any(axes.texts for axes in drawn.axes)
    assert not figures.against_time(noisy, indices, plan.make(noisy, indices)).legends


def test_the_cards_tell_gain_and_loss(tmp_path):
    write_run(tmp_path / "0", 20.0, sigma_dae=7)
    write_run(tmp_path / "1", 19.0, sigma_dae=11)
    text = page.write(tmp_path).read_text(encoding="utf-8")
    assert "2.00 dB below the baseline</div><div>sigma_dae 7</div>" in text


def test_mistakes_in_the_gallery_and_the_figures(found, sweep, capsys):
    with pytest.raises(UserError, match="--picture=picture33: no such picture; did you mean"):
        gallery.make(found, 0, "picture33")
    with pytest.raises(UserError, match="--crop=a: give auto or y,x,h,w"):
        gallery.make(found, 0, None, "a")
    with pytest.raises(UserError, match="--crop=40,0,20,20: outside the picture of 48 rows"):
        gallery.make(found, 0, None, "40,0,20,20")
    assert main(["compare", str(sweep), "--x", "sigma_da"]) == 2
    assert "did you mean 'sigma_dae'?" in capsys.readouterr().err


def test_panels_of_a_strip_are_its_pictures(sweep):
    with Image.open(str(sweep / "0" / "strips" / "picture2.png")) as image:
        parts = panels(np.asarray(image), (48, 64))
    assert len(parts) == 3
    np.testing.assert_array_equal(parts[2], truth("picture2"))


@pytest.fixture
def browser(tmp_path):
    """The command that a page's address and what to do with it are added to."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium on this machine")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--window-size=1240,2400"]
    return [program] + options + ["--user-data-dir={}".format(tmp_path / "profile")]


@pytest.mark.slow
def test_headings_of_tables_are_repeated_on_paper(browser, sweep, tmp_path):
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext on this machine")
    for job in range(90):
        shutil.copytree(str(sweep / "0"), str(tmp_path / "sweep" / str(job)))
        config = tmp_path / "sweep" / str(job) / "config.yaml"
        text = config.read_text().replace("sigma_dae: 7", "sigma_dae: {}".format(7 + job))
        config.write_text(text)
    printed = tmp_path / "page.pdf"
    url = page.write(tmp_path / "sweep").resolve().as_uri()
    subprocess.run(browser + ["--print-to-pdf={}".format(printed), url], check=True)
    done = subprocess.run(
        ["pdftotext", "-layout", str(printed), "-"], check=True, stdout=subprocess.PIPE
    )
    pages = done.stdout.decode("utf-8").split("\f")
    with_rows = [text for text in pages if "done" in text]
    assert len(with_rows) >= 3 and all("s/iteration" in text for text in with_rows)


@pytest.mark.slow
def test_page_opens_in_a_browser(browser, sweep, tmp_path):
    path = page.write(sweep, tmp_path)
    url = path.resolve().as_uri()
    shot = tmp_path / "page.png"
    subprocess.run(browser + ["--screenshot={}".format(shot), url], check=True)
    with Image.open(str(shot)) as image:
        assert np.asarray(image.convert("L")).std() > 10
    text = path.read_text(encoding="utf-8").replace(
        "</script>",
        "document.querySelectorAll('table.runs th button')[3].click();</script>",
    )
    path.write_text(text, encoding="utf-8")
    done = subprocess.run(browser + ["--dump-dom", url], check=True, stdout=subprocess.PIPE)
    values = re.findall(r'data-v="([^"]*)">3\d\.\d\d<', done.stdout.decode())
    assert len(values) >= 6
    assert values[::2] == sorted(values[::2], key=float)

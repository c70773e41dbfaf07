"""The pictures that a run leaves behind: strips, and the convergence plot."""

import numpy as np
import pytest

from dmsp import reports
from dmsp.reports.strip import strip
from tests.reports.conftest import course, pixels, table


def test_strip_shows_the_pictures_unscaled_side_by_side(result):
    rng = np.random.default_rng(0)
    restored, truth = rng.uniform(0, 255, (2, 300, 400, 3)).astype(np.float32)
    shown = strip(result(restored=restored, truth=truth, degraded=truth * 3 - 200, kernel=None))
    gap = 14
    top = shown.shape[0] - gap - 300
    assert shown.shape == (top + 300 + gap, 3 * (400 + gap) + gap, 3)
    for i, panel in enumerate((truth * 3 - 200, restored, truth)):
        left = gap + i * (400 + gap)
        expected = np.rint(np.clip(panel, 0, 255))
        np.testing.assert_array_equal(shown[top : top + 300, left : left + 400], expected)


def test_strip_enlarges_a_small_observation_without_interpolation(result):
    truth = np.zeros((300, 450, 3), np.float32)
    degraded = np.random.default_rng(0).integers(0, 256, (100, 150, 3)).astype(np.float32)
    shown = strip(result(restored=truth, truth=None, degraded=degraded, kernel=None))
    gap = 16
    top = shown.shape[0] - gap - 300
    assert shown.shape[1] == 2 * (450 + gap) + gap
    panel = shown[top : top + 300, gap : gap + 450]
    np.testing.assert_array_equal(panel, degraded.repeat(3, axis=0).repeat(3, axis=1))


def test_strip_without_truth_shows_what_was_observed(result, tmp_path):
    results = reports.Results(tmp_path)
    facts = {"metric_protocol": "not measured: there is no truth", "device": None}
    results.add(result(truth=None, psnr=None, ssim=None, psnr_baseline=None))
    summary = results.finish(facts)
    assert reports.verdict(dict(summary, folder=None)) == (
        "1 picture restored, not measured: there is no truth, 0.02 s an iteration"
    )
    assert table(tmp_path / "results.csv")[0]["psnr"] == ""
    panels = pixels(tmp_path / "strips" / "a.png").shape[1] // 280
    assert panels == 2


def test_strip_has_the_kernel_as_an_inset(result):
    black = np.zeros((320, 480, 3), np.float32)
    kernel = np.zeros((5, 7), np.float32)
    kernel[1, 5], kernel[4, 0] = 0.75, 0.25
    plain, shown = (
        strip(result(restored=black, truth=black, degraded=black, kernel=k)) for k in (None, kernel)
    )
    rows, columns, _ = np.nonzero(plain != shown)
    inset = shown[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1, 0]
    side = (inset.shape[1] - 4) // 7
    assert inset.shape == (5 * side + 4, 7 * side + 4)
    np.testing.assert_array_equal(inset[2:-2:side, 2:-2:side], np.rint(255 * kernel / 0.75))


@pytest.mark.parametrize(
    ("shape", "panel"),
    [((20, 30), (200, 300)), ((281, 400), (281, 400)), ((500, 2048), (250, 1024)), ((1, 1), None)],
)
def test_strip_of_any_size_is_legible(result, shape, panel):
    restored = np.zeros((*shape, 3), np.float32)
    shown = strip(result(restored=restored, truth=restored, degraded=restored[..., :1]))
    assert shown.dtype == np.uint8
    if panel is not None:
        gap = max(10, panel[1] // 28)
        assert shown.shape[1] == 3 * (panel[1] + gap) + gap


def test_titles_do_not_run_over_their_panel(result):
    name = "a_very_long_name_of_a_picture_that_has_no_end_" * 3
    black = np.zeros((300, 300, 3), np.float32)
    shown = strip(result(name, restored=black, truth=black, degraded=black[::2, ::2]))
    gap = 10
    for i in range(4):
        left = i * (300 + gap)
        assert (shown[:, left : left + gap] == 255).all()


def test_convergence_plot_with_and_without_truth(result, tmp_path):
    for name, key in (("with", "psnr"), ("without", "residual")):
        results = reports.Results(tmp_path / name)
        for picture in "ab":
            rows = [{"iteration": row["iteration"], key: row[key]} for row in course(30.0, 40)]
            results.add(result(picture, iterations=rows))
        results.finish({})
    shown = [pixels(tmp_path / name / "convergence.png")[..., :3] for name in ("with", "without")]
    assert shown[0].shape == shown[1].shape == (630, 1080, 3)
    orange = [
        (np.abs(picture - np.array([196, 81, 29])).sum(axis=2) < 30).sum() for picture in shown
    ]
    assert orange[0] > 500 and orange[1] == 0  # the baseline's line

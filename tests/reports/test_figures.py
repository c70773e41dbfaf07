"""Figures of runs of which some lack a parameter, and of many that have to share a legend."""

import numpy as np
import pytest

from dmsp.reports import drawing, figures, gallery, plan, runs, tables, timing
from tests.reports.conftest import write_run

TILED = "denoiser:\n  tile: {}\n"


def load(folder):
    return runs.load([str(folder)])


def every(found):
    return list(found.table.index)


@pytest.fixture(scope="module")
def lacking(tmp_path_factory):
    """sigma_dae × denoiser.tile, which half of the runs do not have, at two noise levels."""
    folder = tmp_path_factory.mktemp("lacking")
    jobs = [(sigma, tile) for sigma in (7, 11) for tile in (None, 16, 128)]
    for i, (sigma, tile) in enumerate(jobs):
        more = "" if tile is None else TILED.format(tile)
        write_run(folder / str(i), 28.0 + 0.1 * i, sigma_dae=sigma, more=more, pictures=3)
    return load(folder)


def test_what_a_run_lacks_is_one_value_after_the_others(lacking):
    assert plan.levels(lacking, every(lacking), "denoiser.tile") == [16, 128, None]
    assert not plan.is_choice([16, 128, None]) and plan.is_choice(["adam", None])
    lack = plan.rows(lacking, every(lacking), "denoiser.tile", None)
    assert list(lack["sigma_dae"]) == [7, 11]
    assert len(plan.rows(lacking, every(lacking), "denoiser.tile", 128)) == 2


@pytest.mark.parametrize("options", [{"x": "sigma_dae"}, {"x": "denoiser.tile"}])
def test_runs_that_lack_a_parameter_are_drawn(lacking, options):
    asked = plan.make(lacking, every(lacking), **options)
    asked = asked._replace(hue=None, panel=({"sigma_dae", "denoiser.tile"} - {asked.x}).pop())
    drawn = figures.quality(lacking, every(lacking), asked)
    values = plan.levels(lacking, every(lacking), asked.panel)
    assert len(drawn.axes) == 2 * len(values)
    for axes in drawn.axes:
        assert len(axes.lines[0].get_xdata()) == 6 // len(values)
    timed = timing.panels(lacking, every(lacking), asked.panel, None)
    assert [len(panel.curves) for panel in timed] == [6 // len(values)] * len(values)


def test_numbers_that_some_runs_lack_are_numbers_in_the_table(lacking):
    place = tables.headings(lacking).index("denoiser.tile")
    cells = [row.cells[place] for row in tables.rows(lacking)]
    assert {cell.text for cell in cells} == {"–", "16", "128"}
    assert all(cell.numeric for cell in cells)
    shown = gallery.make(lacking, 0)
    assert len(shown.panels) == 6  # no choice among words: the best, the worst and two between


def test_a_mask_of_one_task_only_is_no_parameter(tmp_path):
    mask = "mask:\n  _target_: dmsp.masks.{}\n  share: 0.5\n"
    write_run(tmp_path / "0", task="deblur", pictures=2)
    write_run(tmp_path / "1", task="inpaint", pictures=2, more=mask.format("random"))
    write_run(tmp_path / "2", task="inpaint", pictures=2, sigma_dae=7, more=mask.format("random"))
    assert load(tmp_path).swept == ["task", "sigma_dae"]
    write_run(tmp_path / "3", task="inpaint", pictures=2, more=mask.format("text"))
    assert load(tmp_path).swept == ["mask", "task", "sigma_dae"]


def test_what_follows_from_the_places_is_not_summed_up(tmp_path):
    for i, (task, seed, sigma) in enumerate(
        [("deblur", 1, 7), ("deblur", 1, 11), ("superres", 2, 7), ("superres", 2, 11)]
    ):
        more = "tolerance: {}\n".format(seed)
        overrides = ["tolerance={}".format(seed)]
        write_run(
            tmp_path / str(i),
            task=task,
            sigma_dae=sigma,
            more=more,
            overrides=overrides,
            pictures=2,
        )
    found = load(tmp_path)
    assert "tolerance" in found.swept
    assert plan.make(found, every(found), hue="task") == ("sigma_dae", "task", None, [], [])
    assert plan.make(found, every(found), x="sigma_dae", hue="tolerance").mean_over == []


def test_errors_are_paired_among_runs_on_the_same_observations(tmp_path):
    # More noise ranks the pictures otherwise, which says nothing of sigma_dae.
    for i, (noise, sigma) in enumerate([(0.01, 7), (0.01, 11), (0.05, 7), (0.05, 11)]):
        write_run(tmp_path / str(i), 28.0 + i, noise=noise, sigma_dae=sigma, pictures=4)
        if noise == 0.05:
            text = (tmp_path / str(i) / "results.csv").read_text()
            for k in range(4):
                text = text.replace("picture{},".format(k), "other{},".format(3 - k))
            (tmp_path / str(i) / "results.csv").write_text(text.replace("other", "picture"))
    found = load(tmp_path)
    asked = plan.make(found, every(found), "sigma_dae", "noise")
    assert max(p.error for p in plan.points(found, every(found), asked, "psnr")) < 1e-3
    alone = plan.points(found, every(found)[1:], asked, "psnr")
    assert min(p.error for p in alone) > 0.5


def test_time_compares_runs_on_the_same_observations(sweep):
    found = load(sweep)
    (panel,) = timing.panels(found, every(found), None, None)
    assert [curve.name for curve in panel.curves] == ["sigma_dae 11", "sigma_dae 15", "sigma_dae 7"]
    assert panel.problem == "noise 0.01"
    asked = plan.make(found, every(found))
    assert [p.value for p in timing.panels(found, every(found), asked.panel, None)] == [0.01, 0.05]
    # A panel whose runs kept no courses is left out.
    one = found.runs[3].folder / "iterations.csv"
    hidden = [found.runs[i].folder / "iterations.csv" for i in (3, 4, 5)]
    for path in hidden:
        path.rename(path.with_suffix(".hidden"))
    try:
        panels = timing.panels(found, every(found), asked.panel, None)
        assert [p.value for p in panels] == [0.01]
        assert len(figures.against_time(found, every(found), asked).axes) == 1
    finally:
        for path in hidden:
            path.with_suffix(".hidden").rename(path)
    assert one.exists()


@pytest.mark.parametrize("panels", [1, 4])
def test_a_legend_stays_inside_its_figure_and_above_the_panels(panels):
    values = ["the {}th of many long names".format(i) for i in range(8)]
    figure, grid = drawing.grid(1, panels, drawing.legend_lines("name", values, panels))
    drawing.legend(figure, "name", values, panels)
    box = figure.legends[0].get_window_extent(figure.canvas.get_renderer())
    assert box.x0 >= 0 and box.x1 <= figure.bbox.x1
    assert box.y0 >= grid[0][0].get_window_extent().y1 + 10


def test_a_logarithmic_axis_has_few_plain_numbers():
    figure, ((axes,),) = drawing.grid(1, 1)
    axes.plot([0.02, 0.5], [1, 2])
    figures._logarithmic(axes.xaxis)
    figure.canvas.draw()
    low, high = axes.get_xlim()
    ticks = zip(axes.get_xticks(), axes.get_xticklabels())
    shown = [label.get_text() for value, label in ticks if low <= value <= high]
    assert shown == ["0.02", "0.05", "0.1", "0.2", "0.5"]
    assert not any(label.get_text() for label in axes.get_xticklabels(minor=True))
    assert np.ptp([label.get_window_extent().y0 for label in axes.get_xticklabels()]) < 1

"""When a picture stops, and why."""

import pytest

from dmsp.history import History


def figures(residual=5.0, step=1.0):
    return {"residual": residual, "step": step, "psnr": 30.0}


def history(tolerance=0.0, first=20.0):
    made = History(tolerance)
    made.begin(figures(residual=first))
    return made


def test_rows_are_kept():
    h = history()
    h.add(1, figures(), 12.5)
    assert h.rows == [{"iteration": 1, "ms": 12.5, "residual": 5.0, "step": 1.0, "psnr": 30.0}]
    assert h.status == "done"
    assert not h.stopped


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["residual", "step"])
def test_what_is_not_finite_has_diverged(name, bad):
    h = history()
    h.add(3, figures(**{name: bad}), 1.0)
    assert h.status == "diverged at iteration 3: not finite"
    assert h.stopped and h.diverged


def test_a_residual_that_grows_has_diverged():
    h = history(first=40.0)
    h.add(1, figures(residual=79.0), 1.0)
    assert not h.stopped
    h.add(2, figures(residual=81.0), 1.0)
    assert h.status == "diverged at iteration 2: residual 81 grey levels"


def test_a_small_change_has_converged_and_nothing_is_added_after():
    h = history(tolerance=0.1)
    h.add(1, figures(step=0.2), 1.0)
    h.add(2, figures(step=0.05), 1.0)
    h.add(3, figures(step=9.0), 1.0)
    assert h.status == "converged at iteration 2"
    assert h.stopped and not h.diverged
    assert len(h.rows) == 2


def test_iterates_that_jump_about_have_diverged_and_large_steps_alone_have_not():
    jumping, falling = History(), History()
    for h in (jumping, falling):
        h.begin({"residual": 10.0})
    for k in range(1, 9):
        jumping.add(k, {"residual": 9.0 if k == 2 else 21.0, "step": 30.0}, 1.0)
        falling.add(k, {"residual": 21.0, "step": 80.0 / k**2}, 1.0)
    assert jumping.status == "diverged at iteration 7: residual 21 grey levels"
    assert falling.status == "done"

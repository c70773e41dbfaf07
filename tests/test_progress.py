"""What is shown while a run goes on."""

import io

import pytest

from dmsp import progress


class Terminal(io.StringIO):
    """A text stream that claims to be a terminal."""

    def isatty(self):
        return True


def restore(file, pictures=3, num_iter=4):
    with progress.display(pictures, num_iter, file=file) as view:
        view.note("skipped [red]x.jpg[/red]: no picture")
        for i in range(pictures):
            view.start(["p{}".format(i)])
            for k in range(1, num_iter + 1):
                view.iteration(k, 20.0 + k)
            view.finish(["p{}".format(i)], "26.31 dB")


def test_a_file_gets_a_line_for_each_picture():
    file = io.StringIO()
    restore(file)
    assert file.getvalue().splitlines() == [
        "skipped [red]x.jpg[/red]: no picture",
        "1/3 p0: 26.31 dB",
        "2/3 p1: 26.31 dB",
        "3/3 p2: 26.31 dB",
    ]


@pytest.mark.parametrize("pictures", [21, 99, 1000])
def test_a_file_gets_few_lines_for_many_pictures(pictures):
    file = io.StringIO()
    restore(file, pictures)
    lines = file.getvalue().splitlines()
    assert 10 <= len(lines) <= progress.LINES + 2
    assert lines[-1].startswith("{0}/{0} ".format(pictures))


def test_batches_and_pictures_without_truth():
    file = io.StringIO()
    with progress.display(3, 2, file=file) as view:
        view.start(["a", "b"])
        view.iteration(1)
        view.finish(["a", "b"])
        view.finish(["c"], "skipped")
    assert file.getvalue().splitlines() == ["2/3 a, b", "3/3 c: skipped"]


def test_a_terminal_gets_a_bar_and_the_same_lines(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    file = Terminal()
    with progress.display(2, 4, file=file) as view:
        view.note("[red]note")
        view.start(["a_very_long_name_that_would_push_the_bar_off_the_screen", "other"])
        view.turn(7, 13)
        view._screen._progress.refresh()
        view.iteration(3, 21.5)
        view._screen._progress.refresh()
        view.finish(["a"], "done")
    shown = file.getvalue()
    for text in (
        "[red]note",
        "kernel 7/13",
        "iteration 3/4",
        "21.50 dB",
        "…  +1",
        "1/2 a: done",
        "━",
    ):
        assert text in shown, text


def test_training_tells_now_and_then(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    file = io.StringIO()
    with progress.steps(100, file=file) as view:
        for step in range(10, 101, 10):
            now[0] += 7.0
            view.step(step, {"loss": 1.25, "seconds_left": 3700.0})
        view.note("weights written")
    assert file.getvalue().splitlines() == [
        "step 10/100  loss 1.25  1:01:40 left",
        "step 60/100  loss 1.25  1:01:40 left",
        "step 100/100  loss 1.25  1:01:40 left",
        "weights written",
    ]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0:00"), (59.6, "1:00"), (3599, "59:59"), (90061, "25:01:01")]
)
def test_durations(seconds, text):
    assert progress.duration(seconds) == text


def test_an_exception_closes_the_display():
    file = Terminal()
    with pytest.raises(ValueError), progress.display(2, 4, file=file) as view:
        raise ValueError
    assert view._screen._progress.finished is False
    assert not view._screen._progress.live.is_started

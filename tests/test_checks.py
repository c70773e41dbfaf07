"""Checks of the values that a user gave."""

import pytest
from omegaconf import OmegaConf

from dmsp import checks
from dmsp.errors import UserError


def step(size=0.9, count=3, clip=True, levels=(5, 15), limit=None, kind="auto", *, weight):
    """Stand for a builder."""


class Base:
    def __init__(self, beta=0.2, steps=5):
        pass


class Derived(Base):
    def __init__(self, theta=0.1, **options):
        super().__init__(**options)


def annotated(rate: float, options: dict, count: int = None):
    """Stand for a builder whose arguments have annotations."""


@pytest.mark.parametrize("value", [0, 0.5, 1])
def test_numbers_in_range_pass(value):
    checks.number("noise", value, 0, 1)


@pytest.mark.parametrize("value", [-0.1, 1.1, "0.5", None, True, float("nan"), [0.5]])
def test_other_values_do_not(value):
    with pytest.raises(UserError, match="^noise=.*: give a share from 0 to 1, such as 0.02$"):
        checks.number("noise", value, 0, 1, "a share", such_as=0.02)


def test_whole_numbers_and_no_bound():
    checks.number("num_iter", 10**9, 1, whole=True)
    with pytest.raises(UserError, match="^num_iter=1.5: give a whole number from 1$"):
        checks.number("num_iter", 1.5, 1, whole=True)
    with pytest.raises(UserError, match="=null: "):
        checks.number("num_iter", None, 1)


@pytest.mark.parametrize(
    "target, node, message",
    [
        (step, {"size": "abc"}, "size=abc: give a number, such as 0.9"),
        (step, {"size": None}, "size=null: give a number, such as 0.9"),
        (step, {"size": True}, "size=true: give a number, such as 0.9"),
        (step, {"size": {"a": 1}}, "size={'a': 1}: give a number, such as 0.9"),
        (step, {"count": 2.5}, "count=2.5: give a whole number, such as 3"),
        (step, {"clip": "maybe"}, "clip=maybe: give true or false, such as true"),
        (step, {"levels": 5}, "levels=5: give a list, such as [5,15]"),
        (step, {"levels": "5"}, "levels=5: give a list, such as [5,15]"),
        (step, {"sise": 5}, "sise: no such key; did you mean 'size'?"),
        (Derived, {"theta": "x"}, "theta=x: give a number, such as 0.1"),
        (Derived, {"steps": "x"}, "steps=x: give a whole number, such as 5"),
        (Derived, {"thata": 0.1}, "thata: no such key; did you mean 'theta'?"),
        (annotated, {"rate": "x"}, "rate=x: give a number"),
        (annotated, {"count": "x"}, "count=x: give a whole number"),
        (annotated, {"options": 3}, "options=3: give keys with values"),
    ],
)
def test_arguments_of_another_kind(target, node, message):
    with pytest.raises(UserError) as caught:
        checks.arguments(target, node)
    assert str(caught.value) == message


def test_arguments_that_fit():
    checks.arguments(step, {"size": 1, "count": 2, "clip": False, "levels": [1], "limit": "x"})
    checks.arguments(step, {"kind": 5, "_target_": "dmsp.nothing"})
    checks.arguments(Derived, {"theta": 1, "beta": 2.0})
    checks.arguments(annotated, {"rate": 1, "options": {}, "count": None})


def test_the_dotted_name_is_told():
    config = OmegaConf.create({"optimizer": {"levels": [1, 2], "size": "abc"}})
    with pytest.raises(UserError, match="^optimizer.size=abc"):
        checks.arguments(step, config.optimizer)


def test_what_cannot_be_written_is_told(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(UserError, match="file/x: cannot be written .*outputs=…"), checks.writing(
        "outputs"
    ):
        (file / "x").mkdir(parents=True)
    with pytest.raises(OSError, match="by name only"), checks.writing("outputs"):
        raise OSError("by name only")

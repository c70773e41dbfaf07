"""Fixtures for the tests of what is told to MLflow."""

import os

import pytest

from dmsp import tracking


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """Undo what opening a store sets, and keep proxies out of the way."""
    before = dict(os.environ)
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """Folder of a store that a file's tests share; its name makes addresses difficult."""
    return tmp_path_factory.mktemp("out puts é") / "new"


@pytest.fixture
def opened(outputs):
    """A function that returns the tracker of a new run."""

    def tracker(**options):
        defaults = {"experiment": "tests", "run_name": "a run", "outputs": outputs}
        return tracking.mlflow(None, **dict(defaults, **options))

    return tracker

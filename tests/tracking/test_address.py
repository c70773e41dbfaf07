"""Where runs go, and the command that shows them."""

import pathlib
import shutil
import sys

import pytest

from dmsp.errors import UserError
from dmsp.tracking.address import Address


def test_uri_is_absolute_and_artifacts_lie_beside(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for uri, outputs in ((None, "outputs"), ("sqlite:///outputs/mlflow.db", "elsewhere")):
        address = Address(uri, outputs)
        assert address.uri == "sqlite:///{}/outputs/mlflow.db".format(tmp_path)
        assert address.artifacts == tmp_path / "outputs" / "mlartifacts"
    assert Address("postgresql://h/db", "outputs").artifacts == tmp_path / "outputs" / "mlartifacts"


def test_command_that_shows_the_runs(tmp_path, monkeypatch):
    beside = pathlib.Path(sys.executable).absolute().parent
    uri = "sqlite:////with space/mlflow.db"
    monkeypatch.setattr(shutil, "which", lambda name: str(beside / name))
    command = Address(uri).ui_command
    assert command == "mlflow ui --backend-store-uri 'sqlite:////with space/mlflow.db'"
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.chdir(tmp_path)
    assert Address(uri).ui_command == str(beside) + "/" + command
    monkeypatch.chdir(beside.parent)
    assert Address(uri).ui_command == "bin/" + command
    assert Address("https://me:secret@host:8080/").ui_command == "https://host:8080"


def test_credentials_go_to_the_environment_only():
    address = Address("https://me:p%40ss@host:8080/path/")
    assert (address.uri, address.display) == ("https://host:8080/path",) * 2
    assert address.credentials == {
        "MLFLOW_TRACKING_USERNAME": "me",
        "MLFLOW_TRACKING_PASSWORD": "p@ss",
    }


@pytest.mark.parametrize("installed", [True, False])
def test_a_bare_postgresql_takes_the_driver_that_is_there(monkeypatch, installed):
    """SQLAlchemy up to 2.0 and later ones mean different drivers by it."""
    found = object() if installed else None
    monkeypatch.setattr("importlib.util.find_spec", lambda name: found)
    address = Address("postgresql://me:secret@h/db", "outputs")
    driver = "+psycopg2" if installed else ""
    assert address.uri == "postgresql{}://me:secret@h/db".format(driver)
    assert address.endpoint == ("h", 5432) and "secret" not in address.display
    assert address.lacks_password and not Address("postgresql://h/db", "outputs").lacks_password


@pytest.mark.parametrize(
    "uri",
    [
        *("foo", "ftp://me:secret@host/x", "file:///runs", "databricks://x"),
        *("sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite:///folder/", "sqlite+x:///a.db"),
        *("http://", "http://[::1", "http://host:port", "http://host:99999", "https:///path"),
    ],
)
def test_what_is_no_address_takes_a_line(uri):
    with pytest.raises(UserError, match="no address of a store; give sqlite:///path") as caught:
        Address(uri)
    assert "secret" not in str(caught.value)
    for good in (
        "mysql+pymysql://me:secret@h/db",
        "http://[::1]:5000",
        "sqlite:///a.db",
        "mysql:///db",
    ):
        Address(good)

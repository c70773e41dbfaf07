"""What is sent, brought within MLflow's limits and without credentials."""

import pytest

from dmsp import tracking
from dmsp.tracking import records


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see http://me:pa/../s@host/x", "see http://me:pa/../s@host/x"),
        ("postgresql://me:p@ss@host/db", "postgresql://***@host/db"),
        (
            "a mysql+pymysql://u:p@h/d and https://u@h",
            "a mysql+pymysql://***@h/d and https://***@h",
        ),
        ("postgresql:///db?user=u&password=geheim&x=1", "postgresql:///db?user=u&password=***&x=1"),
        ("tracking.uri=http\\://me\\:geheim@h\\:9", "tracking.uri=http\\://***@h\\:9"),
        ("db?a\\=b&password\\=geheim", "db?a\\=b&password\\=***"),
        ("mail me@host", "mail me@host"),
    ],
)
def test_credentials_are_hidden(text, shown):
    assert tracking.redact(text) == shown


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("optimizer.mu", "optimizer.mu"),
        ("iteration/psnr", "iteration/psnr"),
        ("../../etc", "etc"),
        ("/a//b/../c/", "a/c"),
        ("a:b=c", "a_b_c"),
        ("", "_"),
        ("x" * 300, "x" * 250),
    ],
)
def test_names_are_clean_paths(name, key):
    from mlflow.utils.validation import _validate_metric_name

    assert list(records.tags({name: "value"})) == [key]
    _validate_metric_name(key)


def test_parameters_hide_credentials():
    config = {"tracking": {"uri": "http://me:secret@host"}, "paths": ["http://me:secret@host"]}
    assert records.params(config) == {
        "tracking.uri": "http://***@host",
        "paths": '["http://***@host"]',
    }


def test_configuration_objects_are_flattened():
    from omegaconf import OmegaConf

    config = OmegaConf.create({"a": {"b": [1, {"c": None}], "d": "${x}"}, "x": 1e-5, "e": {}})
    assert records.params(config) == {
        "a.b": '[1, {"c": null}]',
        "a.d": "1e-05",
        "x": "1e-05",
        "e": "{}",
    }

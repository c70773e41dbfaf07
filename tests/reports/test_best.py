"""The best run as a file that Hydra takes."""

from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from dmsp.config import CONF
from dmsp.provenance import config_hash
from dmsp.reports.__main__ import main
from tests.reports.conftest import write_run

ASKED = ["task=superres", "optimizer=momentum", "optimizer.mu=0.8", "noise=0.03", "data.limit=2"]


def composed(folder, name, overrides):
    """Compose a configuration whose file lies in a folder, the project's own beside it."""
    search = ["hydra.searchpath=[file://{}]".format(CONF)]
    with initialize_config_dir(str(folder), version_base="1.3"):
        return compose(name, overrides + search, return_hydra_config=True)


def test_the_best_run_is_written_as_a_configuration_that_gives_the_same(tmp_path, capsys):
    run, place = tmp_path / "run", tmp_path / "some where"
    write_run(run)
    config = composed(CONF, "config", ASKED)
    hydra = OmegaConf.masked_copy(config, ["hydra"])
    choices = {"hydra": {"runtime": {"choices": hydra.hydra.runtime.choices}}}
    OmegaConf.save(OmegaConf.create(choices), str(run / ".hydra" / "hydra.yaml"))
    text = OmegaConf.to_yaml(OmegaConf.masked_copy(config, [k for k in config if k != "hydra"]))
    (run / "config.yaml").write_text(text)
    assert main(["best", str(run), "--write", str(place / "good.yaml")]) == 0
    assert "--config-dir '{}' --config-name good".format(place) in capsys.readouterr().out
    again = composed(place, "good", [])
    assert config_hash(again) == config_hash(config)
    assert again.optimizer.mu == 0.8 and "HalfQuadratic" not in again.optimizer._target_
    assert again.hydra.callbacks.dmsp._target_ == "dmsp.sweeps.callback.SweepCallback"


def test_mistakes_of_writing_take_a_line(sweep, tmp_path, capsys):
    assert main(["best", str(sweep), "--write", str(tmp_path / "b.yaml")]) == 2
    assert "--write: 2 runs are best" in capsys.readouterr().err
    assert main(["best", str(sweep / "0"), "--write", str(tmp_path / "b.txt")]) == 2
    assert "Hydra reads only files called" in capsys.readouterr().err

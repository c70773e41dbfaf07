"""The best of a search, as a file that can be run."""

import shlex

from omegaconf import OmegaConf

from dmsp.config import CONF
from dmsp.files import whole
from dmsp.provenance import UNSCIENTIFIC
from dmsp.sweeps import space

NAME = "best"


def write(folder, study, fixed):
    """Write ``experiments/best.yaml`` into a sweep's folder, if a trial has succeeded.

    Args:
        folder: of the sweep.
        study: Optuna's.
        fixed: overrides of all its jobs.
    """
    trial = _best(study)
    if trial is None:
        return
    (folder / "experiments").mkdir(parents=True, exist_ok=True)
    text = "# @package _global_\n# Best of {} trials, {:.3f}: {}\n{}".format(
        len(study.trials),
        trial.value,
        command(folder),
        OmegaConf.to_yaml(_config(fixed + space.overrides(trial.params))),
    )
    with whole(folder / "experiments" / (NAME + ".yaml")) as part, open(part, "w") as file:
        file.write(text)


def command(folder):
    """Return what runs the best configuration of a sweep."""
    return "python run.py --config-dir {} +experiments={}".format(shlex.quote(str(folder)), NAME)


def verdict(folder, study):
    """Return the line that ends a search."""
    trial = _best(study)
    if trial is None:
        return "no trial of {} succeeded".format(len(study.trials))
    values = " ".join(space.overrides(trial.params))
    return "best of {} trials: {:.3f} with {}; run it with: {}".format(
        len(study.trials), trial.value, values, command(folder)
    )


def _best(study):
    known = [trial for trial in study.trials if trial.value is not None]
    return max(known, key=lambda trial: trial.value, default=None)


def _config(overrides):
    """Return overrides as a config: group choices in its defaults list, values beside it."""
    from hydra.core.override_parser.overrides_parser import OverridesParser

    defaults, values = [], OmegaConf.create({})
    for override in OverridesParser.create().parse_overrides(overrides):
        key = override.get_key_element().lstrip("+")
        if key.split(".")[0].split("/")[0] in UNSCIENTIFIC:
            continue
        if (CONF / key).is_dir():
            defaults.append({"override /{}".format(key): override.value()})
        else:
            OmegaConf.update(values, key, override.value())
    return OmegaConf.merge({"defaults": defaults + ["_self_"]}, values)

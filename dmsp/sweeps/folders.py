"""Which folder a job or a sweep goes into, and where resume=true finds the one of before."""

import contextlib
import pathlib

from omegaconf import OmegaConf

from dmsp.files import RECORDS, read_json, write_json
from dmsp.provenance import config_hash
from dmsp.sweeps.claims import is_taken, record_of

# Overrides that do not say what a sweep computes.
ASIDE = (
    *("resume", "fail_fast", "trust_config", "tracking", "outputs", "device.threads"),
    *("hydra/launcher", "hydra.launcher", "hydra.sweep", "hydra.run", "hydra.verbose"),
)


def register():
    """Tell OmegaConf of ``${job_folder:number}``, the name of a job's folder in its sweep's."""
    OmegaConf.register_new_resolver("job_folder", _job_folder, replace=True)


def latest_run(config):
    """Return the newest folder of a single run of this configuration, ``None`` if there is none."""
    wanted = _hash_of(config)
    places = pathlib.Path(str(config.outputs)).glob(
        "{}/*/*/{}/job.json".format(config.task.name, RECORDS)
    )
    return _newest(places, lambda record: wanted and record.get("config_hash") == wanted)


def latest_sweep(config):
    """Return the newest folder of a sweep of these overrides, ``None`` if there is none."""
    wanted = request(config)
    places = pathlib.Path(str(config.outputs)).glob("sweeps/*/*/{}/sweep.json".format(RECORDS))
    return _newest(places, lambda record: record.get("request") == wanted)


def request(config):
    """Return the overrides that say what a sweep computes, sorted."""
    overrides = list(config.hydra.overrides.task) + list(config.hydra.overrides.hydra)
    return sorted(text for text in overrides if not text.lstrip("+~").startswith(ASIDE))


def planned(config):
    """Return the overrides of each job of a sweep over a grid; nothing of another's jobs."""
    from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    sweeper = config.hydra.sweeper
    if not str(sweeper.get("_target_")).endswith("." + BasicSweeper.__name__):
        return []
    given = ["{}={}".format(key, value) for key, value in (sweeper.get("params") or {}).items()]
    with contextlib.suppress(HydraException):  # the sweeper will tell of it
        overrides = OverridesParser.create().parse_overrides(
            given + list(config.hydra.overrides.task)
        )
        return BasicSweeper.split_arguments(overrides, None)[0]
    return []


def is_foreign(folder, config):
    """Whether a folder holds a sweep of other overrides."""
    known = read_json(_note(folder)) or {}
    return known.get("request", request(config)) != request(config)


def note_request(folder, config):
    """Write into a sweep's folder what was asked for."""
    write_json(_note(folder), {"request": request(config)})


def override(key, path):
    """Return an override whose value may hold any character."""
    return "{}='{}'".format(key, str(path).replace("'", "\\'"))


def _note(folder):
    return pathlib.Path(str(folder)) / RECORDS / "sweep.json"


def _newest(places, fits):
    found = [place.parent.parent for place in places if fits(read_json(place) or {})]
    return max(found, default=None)


def _job_folder(number, *, _root_):
    """Return a job's folder in its sweep's: with resume=true that of the same configuration.

    Where the number is taken by another configuration, ``number-2`` and so on are next:
    no two jobs of a sweep try the same names.
    """
    number = str(number)
    wanted = _hash_of(_root_) if _root_.get("resume") is True else None
    if wanted is None:
        return number
    sweep = pathlib.Path(str(_root_.hydra.sweep.dir))
    for folder in [sweep / number] + sorted(path.parent.parent for path in _records(sweep)):
        if (record_of(folder) or {}).get("config_hash") == wanted:
            return folder.name
    name, count = number, 1
    while is_taken(sweep / name):
        count += 1
        name = "{}-{}".format(number, count)
    return name


def _records(sweep):
    return sweep.glob("*/{}/job.json".format(RECORDS))


def _hash_of(config):
    """Return a configuration's hash, ``None`` where the job will have to say what is wrong."""
    try:
        return config_hash(config)
    except Exception:
        return None

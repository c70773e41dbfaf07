"""What happens before the first job of a command line."""

import contextlib

from hydra.experimental.callback import Callback
from omegaconf import open_dict, read_write

from dmsp.sweeps import folders, outcomes, parent


class Refused(BaseException):
    """A sweep must not start; no ``Exception``, of which Hydra only warns in a callback."""


class SweepCallback(Callback):
    """Finds the folder that resume=true continues, and opens a sweep."""

    def on_run_start(self, config, **kwargs):
        """Send a single run into the folder that it continues."""
        _continue(config, "run", folders.latest_run)

    def on_multirun_start(self, config, **kwargs):
        """Send the jobs into the folder that they continue, and open the sweep.

        Raises:
            Refused: the folder is another sweep's.
        """
        if not config.get("outputs"):  # what starts next says so
            return
        folder = _continue(config, "sweep", folders.latest_sweep)
        if folder is not None:
            # The jobs' configurations are composed anew, from the overrides.
            with read_write(config), open_dict(config):
                config.hydra.overrides.hydra.append(folders.override("hydra.sweep.dir", folder))
        if config.get("resume") is not True and folders.is_foreign(config.hydra.sweep.dir, config):
            raise Refused(
                "{}: holds another sweep; with resume=true it grows by these jobs, or name another "
                "folder with hydra.sweep.dir=…".format(config.hydra.sweep.dir)
            )
        with contextlib.suppress(OSError):  # the jobs tell of a folder that cannot be written
            folders.note_request(config.hydra.sweep.dir, config)
        outcomes.start(config.hydra.sweep.dir, folders.planned(config))
        parent.begin(config)


def _continue(config, kind, latest):
    """Send a run or a sweep into the folder that resume=true continues; return it if there is one.

    Args:
        config: the composed configuration.
        kind: ``run`` or ``sweep``.
        latest: function of the configuration that finds the folder.
    """
    if not _resumes(config, "hydra.{}.dir".format(kind)):
        return None
    folder = latest(config)
    _say(folder, kind)
    if folder is not None:
        with read_write(config), open_dict(config):
            config.hydra[kind].dir = str(folder)
    return folder


def _resumes(config, key):
    """Whether resume=true has to find the folder, because the user named none."""
    given = config.hydra.overrides.hydra
    named = any(text.lstrip("+").startswith(key + "=") for text in given)
    return config.get("resume") is True and not named


def _say(folder, what):
    if folder is None:
        print("resume=true: no earlier {} like this one; it starts anew".format(what))
    else:
        print("resume=true: continuing {}".format(folder))

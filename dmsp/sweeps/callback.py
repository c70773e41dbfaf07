"""What happens before the first job of a command line."""

import contextlib

from hydra.experimental.callback import Callback
from omegaconf import open_dict, read_write

from dmsp.sweeps import folders, outcomes, parent


class SweepCallback(Callback):
    """Finds the folder that resume=true continues, and opens a sweep."""

    def on_run_start(self, config, **kwargs):
        """Send a single run into the folder that it continues."""
        if _resumes(config, "hydra.run.dir"):
            folder = folders.latest_run(config)
            _say(folder, "run")
            if folder is not None:
                with read_write(config), open_dict(config):
                    config.hydra.run.dir = str(folder)

    def on_multirun_start(self, config, **kwargs):
        """Send the jobs into the folder that they continue, and open the sweep."""
        if not config.get("outputs"):  # what starts next says so
            return
        if _resumes(config, "hydra.sweep.dir"):
            folder = folders.latest_sweep(config)
            _say(folder, "sweep")
            if folder is not None:
                with read_write(config), open_dict(config):
                    config.hydra.sweep.dir = str(folder)
                    # The jobs' configurations are composed anew, from the overrides.
                    config.hydra.overrides.hydra.append(folders.override("hydra.sweep.dir", folder))
        with contextlib.suppress(OSError):  # the jobs tell of a folder that cannot be written
            folders.note_request(config.hydra.sweep.dir, config)
        outcomes.start(config.hydra.sweep.dir)
        parent.begin(config)


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

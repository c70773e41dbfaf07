"""The command line's manners: one line for a user's mistake, and the exit code."""

import os
import pathlib
import re
import sys

from dmsp.errors import UserError, nearest

CONF = pathlib.Path(__file__).resolve().parent.parent / "conf"


def guard(main):
    """Call Hydra's main function and return the process's exit code.

    Returns:
        0 done, 2 a user's mistake, 1 anything else.
    """
    os.environ["HYDRA_FULL_ERROR"] = "1"  # errors arrive here as they are
    try:
        main()
    except Exception as error:
        line = explain(error)
        if line is None:
            raise
        print("error: {}".format(line), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 1
    return 0


def explain(error):
    """Return the line that tells a user's mistake, ``None`` for an error of ours."""
    from hydra.errors import HydraException, MissingConfigException
    from omegaconf.errors import OmegaConfBaseException

    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, MissingConfigException) and error.missing_cfg_file:
        return _explain_option(error)
    if isinstance(error, (HydraException, OmegaConfBaseException)):
        return _explain_key(error) or _one_line(error)
    if isinstance(error, OSError) and error.filename is not None:
        return "{}: {}; give another folder with outputs=…, or free this one".format(
            error.filename, error.strerror
        )
    return None


def _explain_option(error):
    group, _, option = str(error.missing_cfg_file).rpartition("/")
    options = [path.stem for path in (CONF / group).glob("*.yaml")]
    if not group or not options:
        return _one_line(error)
    return "{}={}: no such choice{}".format(group, option, nearest(option, options))


def _explain_key(error):
    """Name the key that does not exist and the one that was likely meant."""
    found = re.search(r"Could not override '([^']+)'", str(error))
    if found is None:
        return None
    key = found.group(1).split("@")[0]
    if key == "noise":
        return None
    return "{}: no such key{}".format(key, nearest(key, _known_keys(key)))


def _known_keys(key):
    """Return the dotted keys that could have been meant: those of the group, or the root's."""
    from omegaconf import OmegaConf

    group = key.split(".")[0]
    root = [str(name) for name in OmegaConf.load(str(CONF / "config.yaml")) if name != "hydra"]
    groups = sorted(path.name for path in CONF.iterdir() if path.is_dir())
    if "." not in key or group not in groups:
        return [name for name in root if name != "defaults"] + groups
    keys = set()
    for path in (CONF / group).glob("*.yaml"):
        keys.update(_flat(OmegaConf.to_container(OmegaConf.load(str(path))), group))
    return keys


def _flat(node, prefix):
    for name, value in node.items():
        dotted = "{}.{}".format(prefix, name)
        if isinstance(value, dict):
            yield from _flat(value, dotted)
        elif not str(name).startswith("_") and name != "defaults":
            yield dotted


def _one_line(error):
    return " ".join(str(error).split())

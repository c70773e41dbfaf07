"""The command line's manners: one line for a user's mistake, and the exit code."""

import os
import pathlib
import re
import sys
import traceback

from dmsp.errors import UserError, nearest

CONF = pathlib.Path(__file__).resolve().parent.parent / "conf"


# Exit codes of the jobs that failed in this process.
_failures = []


def attempt(config):
    """Run one job; if it fails, say why and let the sweep go on to the next.

    Returns:
        the job's summary, ``None`` if it failed.
    """
    from dmsp import launcher

    try:
        return launcher.run(config)
    except Exception as error:
        _failures.append(report(error))
        return None


def guard(main):
    """Call Hydra's main function and return the process's exit code.

    Returns:
        0 done, 2 a user's mistake, 1 anything else.
    """
    os.environ["HYDRA_FULL_ERROR"] = "1"  # errors arrive here as they are
    try:
        main()
    except Exception as error:
        return report(error)
    except KeyboardInterrupt as error:
        print("interrupted{}".format(": {}".format(error) if str(error) else ""), file=sys.stderr)
        return 1
    if len(_failures) > 1:
        print("{} jobs failed".format(len(_failures)), file=sys.stderr)
    return min(_failures) if _failures else 0


def report(error):
    """Print a mistake in a line, an error of ours with its traceback; return the exit code."""
    line = explain(error)
    if line is None:
        traceback.print_exception(type(error), error, error.__traceback__)
        return 1
    print("error: {}".format(line), file=sys.stderr)
    return 2


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
    """Name the key that lacks a value or does not exist, and the one that was likely meant."""
    missing = re.search(r"Missing mandatory value: (\S+)", str(error))
    if missing is not None:
        return "{0} is missing: give it with {0}=…".format(missing.group(1))
    found = re.search(r"Could not override '([^']+)'", str(error))
    if found is None:
        return None
    key = found.group(1).split("@")[0]
    owners = _keys_by_choice(key.split(".")[0])
    homes = sorted(choice for choice, keys in owners.items() if key in keys)
    if homes:
        return "{}: only {} {} this key".format(
            key, " and ".join(homes), "has" if len(homes) == 1 else "have"
        )
    known = set().union(*owners.values()) if "." in key and owners else _root_keys()
    return "{}: no such key{}".format(key, nearest(key, known))


def _root_keys():
    from omegaconf import OmegaConf

    root = OmegaConf.load(str(CONF / "config.yaml"))
    groups = [path.name for path in CONF.iterdir() if path.is_dir()]
    return groups + [str(name) for name in root if name not in ("hydra", "defaults")]


def _keys_by_choice(group):
    """Return {``group=choice``: its dotted keys}, empty where there is no such group."""
    from omegaconf import OmegaConf

    return {
        "{}={}".format(group, path.stem): set(
            _flat(OmegaConf.to_container(OmegaConf.load(str(path))), group)
        )
        for path in (CONF / group).glob("*.yaml")
    }


def _flat(node, prefix):
    for name, value in node.items():
        dotted = "{}.{}".format(prefix, name)
        if isinstance(value, dict):
            yield from _flat(value, dotted)
        elif not str(name).startswith("_") and name != "defaults":
            yield dotted


def _one_line(error):
    return " ".join(str(error).split())

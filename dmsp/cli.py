"""The command line's manners: one line for a user's mistake, and the exit code."""

import contextlib
import logging
import os
import re
import sys
import traceback

from hydra.core.hydra_config import HydraConfig

from dmsp import sweeps, trust
from dmsp.checks import writing
from dmsp.config import CONF, root_keys
from dmsp.errors import UserError, nearest
from dmsp.secrets import conceal
from dmsp.streams import outlive_readers
from dmsp.tracking import interruption, killable, redact

# Of Hydra's launchers: the extra of setup.cfg that brings each.
PLUGINS = {"joblib": "joblib", "ray": "ray", "submitit_slurm": "slurm", "submitit_local": "slurm"}

# Hydra's options that a value follows, and the one that it may follow.
VALUED = ("--cfg", "-c", "--package", "-p", "--config-path", "-cp", "--config-name", "-cn")
VALUED += ("--config-dir", "-cd", "--experimental-rerun")
INFO, INFO_VALUES = ("--info", "-i"), ("all", "config", "defaults", "plugins", "searchpath")

# A log file on a full disk must not bury in tracebacks what is told.
logging.raiseExceptions = False

# Here, because every process that runs a job imports this module before.
trust.install()
sweeps.register()
conceal()
outlive_readers()


# Exit codes of the single runs in this process; a sweep's come from its outcomes.
_codes = []


def attempt(config, run=None):
    """Run one job; if it fails, say why and let the sweep go on to the next.

    Args:
        config: the composed configuration.
        run: function of it, the launcher's if not given.

    Returns:
        the job's objective: PSNR in dB, ``None`` where it failed or is not known.
    """
    from dmsp import launcher, recording

    job = sweeps.reporter()
    if config.get("fail_fast") is True and job.others_failed():
        job.set(job.outcome._replace(status=sweeps.WAITING, reason="another job failed"))
        return None
    job.set(job.outcome)
    try:
        summary = (run or launcher.run)(config) or {}
    except (Exception, KeyboardInterrupt) as error:
        killed = interruption(error)
        if killed is not None:
            job.set(job.outcome._replace(status=sweeps.KILLED, reason=str(killed), code=1))
            raise killed from None
        reason = explain(error) or "{}: {}".format(type(error).__name__, _one_line(error))
        reason = redact(reason)
        code = 1 if explain(error) is None else 2
        print("error: {}{}".format(reason, _traceback(error, code)), file=sys.stderr)
        job.set(job.outcome._replace(status=sweeps.FAILED, reason=reason, code=code))
        if run is None:
            recording.record_failure(config, job.outcome.folder, error, reason)
        _codes.append(code)
        return None
    job.set(job.outcome.with_figures(summary))
    if job.outcome.code:
        line = "error: {}; each keeps its best estimate, and {}/results.csv says which"
        print(line.format(job.outcome.reason, job.outcome.folder), file=sys.stderr)
        _codes.append(job.outcome.code)
    return summary.get("objective")


def guard(main):
    """Call Hydra's main function and return the process's exit code.

    Returns:
        0 done, 2 a user's mistake, 1 anything else.
    """
    os.environ["HYDRA_FULL_ERROR"] = "1"  # errors arrive here as they are
    sys.argv[1:] = _options_first(sys.argv[1:])
    codes, ending = [], None
    try:
        with killable(), writing("outputs"):  # Hydra makes the run's folder
            main()
    except Exception as error:
        codes.append(report(error))
        ending = error
    except sweeps.Refused as error:
        codes.append(report(UserError(str(error))))
    except KeyboardInterrupt as error:
        print("interrupted{}".format(": {}".format(error) if str(error) else ""), file=sys.stderr)
        codes.append(1)
        ending = error
    for outcome in sweeps.finish(ending):
        if outcome.code:
            codes.append(outcome.code)
            line = "{}: job {} ({}): {}".format(
                outcome.status, outcome.job, " ".join(outcome.overrides), outcome.reason
            )
            print(line, file=sys.stderr)
    return min(codes + _codes, default=0)


def _options_first(words):
    """Return a command line's words, options before overrides.

    Hydra reads no override behind an option that has others before it.
    """
    options, overrides = [], []
    words = list(words)
    while words:
        word = words.pop(0)
        (options if word.startswith("-") else overrides).append(word)
        if word in VALUED:
            options += words[:1]
            del words[:1]
        elif word in INFO:  # its value may be left out, but no override may come to stand there
            known = words[:1] if words[:1] and words[0].split("-")[0] in INFO_VALUES else ["all"]
            options += known
            del words[: words[:1] == known]
    return options + overrides


def report(error):
    """Print a mistake in a line, an error of ours with its traceback; return the exit code."""
    line = explain(error)
    if line is None:
        print(_trace(error), file=sys.stderr, end="")
        return 1
    print("error: {}".format(redact(line)), file=sys.stderr)
    return 2


def explain(error):
    """Return the line that tells a user's mistake, ``None`` for an error of ours."""
    from hydra.core.override_parser.overrides_parser import OverrideParseException
    from hydra.errors import HydraException, MissingConfigException
    from omegaconf.errors import OmegaConfBaseException

    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, OverrideParseException):
        return "{}: cannot be read; write key=value, and quote a text: 'key=\"a text\"'".format(
            error.override
        )
    if isinstance(error, MissingConfigException) and error.missing_cfg_file:
        return _explain_option(error)
    if isinstance(error, (HydraException, OmegaConfBaseException)):
        return _explain_key(error) or _one_line(error)
    if isinstance(error, ValueError) and "Config group override must be" in str(error):
        return "{}; name one of the group's choices, see --help".format(_one_line(error))
    return None


def _traceback(error, code):
    """Write the traceback of an error of ours into the job's log; return where that is."""
    if code != 1:
        return ""
    hydra = HydraConfig.get()
    path = os.path.join(hydra.runtime.output_dir, "{}.log".format(hydra.job.name))
    with contextlib.suppress(OSError), open(path, "a", encoding="utf-8") as file:
        file.write(_trace(error))
    return "; where it happened is in {}".format(path)


def _trace(error):
    lines = traceback.format_exception(type(error), error, error.__traceback__)
    return redact("".join(lines))


def _explain_option(error):
    group, _, option = str(error.missing_cfg_file).rpartition("/")
    if option in PLUGINS:
        if option == "ray" and sys.version_info < (3, 8):
            return "hydra/launcher=ray: not for Python 3.7; take joblib or submitit_slurm"
        return "{}={}: needs a plugin; pip install -e .[{}]".format(group, option, PLUGINS[option])
    options = [path.stem for path in (CONF / group).glob("*.yaml")]
    if not group or not options:
        return _one_line(error)
    return "{}={}: no such choice{}".format(group, option, nearest(option, options))


def _explain_key(error):
    """Name the key that lacks a value or does not exist, and the one that was likely meant."""
    text = str(error)
    missing = re.search(r"Missing mandatory value: (\S+)", text)
    if missing is not None:
        return "{0} is missing: give it with {0}=…".format(missing.group(1))
    ours = re.search(r"UserError raised while resolving interpolation: (.*)", text)
    if ours is not None:
        return ours.group(1)
    several = re.search(r"Ambiguous value for argument '(.+)'", text)
    if several is not None:
        return "{}: several values make a sweep; add -m".format(several.group(1))
    found = re.search(r"Could not override '([^']+)'", text)
    if found is None or found.group(1).startswith("hydra"):
        return None
    key = found.group(1).split("@")[0]
    if key == "experiments":
        return "experiments: a study is added to the configuration: +experiments=…"
    owners = _keys_by_choice(key.split(".")[0])
    homes = sorted(choice for choice, keys in owners.items() if key in keys)
    if homes:
        return "{}: only {} {} this key".format(
            key, " and ".join(homes), "has" if len(homes) == 1 else "have"
        )
    known = set().union(*owners.values()) if "." in key and owners else root_keys()
    return "{}: no such key{}".format(key, nearest(key, known))


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

"""Where a run's figures come from: configuration, code and machine."""

import hashlib
import json
import pathlib
import platform
import subprocess

from omegaconf import OmegaConf

from dmsp.checks import writing
from dmsp.tracking import redact

# What says where a run's figures go, not what they are.
UNSCIENTIFIC = (
    *("tracking", "outputs", "hydra", "resume", "fail_fast", "trust_config"),
    "system_metrics",
)


def write_config(config, folder):
    """Write the resolved configuration, without passwords, into a run's folder.

    Raises:
        UserError: the folder cannot be written.
    """
    text = redact(OmegaConf.to_yaml(config, resolve=True))
    with writing("outputs"):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.yaml").write_text(text, encoding="utf-8")


def config_hash(config):
    """Return the hash of what decides a run's figures, 16 hexadecimal digits."""
    scientific = {
        key: value
        for key, value in OmegaConf.to_container(config, resolve=True).items()
        if key not in UNSCIENTIFIC
    }
    return hashlib.sha256(json.dumps(scientific, sort_keys=True).encode()).hexdigest()[:16]


def git_commit():
    """Return this code's commit, with ``+`` where it was changed since; ``None`` outside git."""
    try:
        commit, changes = (
            subprocess.run(
                ["git"] + command,
                cwd=str(pathlib.Path(__file__).parent),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                check=True,
            )
            .stdout.decode()
            .strip()
            for command in (["rev-parse", "HEAD"], ["status", "--porcelain", "-uno"])
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return commit + "+" * bool(changes)


def code():
    """Return the version of the code and of what it stands on."""
    from dmsp import __version__
    from dmsp.runtime import TENSORFLOW_VERSION

    return {
        "git_commit": git_commit(),
        "dmsp": __version__,
        "tensorflow": TENSORFLOW_VERSION,
        "python": platform.python_version(),
    }


def of_run(config):
    """Return what identifies a run in its summary."""
    return dict(
        code(),
        config_hash=config_hash(config),
        task=config.task.name,
        noise=config.noise,
        sigma_dae=config.sigma_dae,
        seed=config.seed,
    )

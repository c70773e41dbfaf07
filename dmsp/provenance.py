"""Where a run's figures come from: configuration, code and machine."""

import hashlib
import json
import os
import pathlib
import platform
import subprocess

from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf

from dmsp.checks import writing
from dmsp.config import AUTO, build, bundled
from dmsp.files import content_hash
from dmsp.tracking import redact

# What says where a run's figures come about and go, not what they are.
UNSCIENTIFIC = (
    *("tracking", "outputs", "hydra", "resume", "fail_fast", "trust_config"),
    "system_metrics",
)
PLACES = {"device": ("threads", "index", "memory_growth"), "task": ("folder",)}
# Keys of files, wherever they stand: the content counts.
FILES = ("path", "pattern")
BUNDLED = pathlib.Path(bundled("default"))


def write_config(config, folder):
    """Write the resolved configuration and Hydra's record of it, without passwords.

    Hydra itself would write that record before it is known whose folder it is.

    Args:
        config: the composed configuration.
        folder: of the run.

    Raises:
        UserError: the folder cannot be written.
    """
    hydra = HydraConfig.get()
    texts = {
        "config.yaml": OmegaConf.to_yaml(config, resolve=True),
        ".hydra/config.yaml": OmegaConf.to_yaml(config),
        ".hydra/hydra.yaml": OmegaConf.to_yaml(OmegaConf.create({"hydra": hydra})),
        ".hydra/overrides.yaml": OmegaConf.to_yaml(hydra.overrides.task),
    }
    with writing("outputs"):
        (folder / ".hydra").mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(redact(text), encoding="utf-8")


def config_hash(config):
    """Return the hash of what decides a run's figures, 16 hexadecimal digits.

    It is that of the resolved configuration without where the run computes and
    writes, and with the content of pictures, kernel and weights in place of their paths.

    Raises:
        UserError: the pictures cannot be found.
    """
    scientific = {
        str(key): _without(_plain(config[key]), PLACES.get(key, ()))
        for key in config
        if key not in UNSCIENTIFIC
    }
    scientific["data"] = dict(_without(scientific["data"], FILES), sha256=data_digest(config))
    if scientific.get("tile") == AUTO:  # so that runs from before there were tiles go on
        del scientific["tile"]
    if scientific["denoiser"].get("path", "") is None:
        scientific["denoiser"]["path"] = str(BUNDLED)
    text = json.dumps(_contents(scientific), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def data_digest(config):
    """Return the SHA-256 of the pictures that a configuration names, hexadecimal.

    Raises:
        UserError: they cannot be found.
    """
    paths = config.data.get("path")
    if paths is None or isinstance(paths, str):
        return build(config.data, config.trust_config).digest()
    sources = [build(config.data, config.trust_config, path=path) for path in paths]
    return "+".join(source.digest() for source in sources)


def _plain(value):
    return OmegaConf.to_container(value, resolve=True) if OmegaConf.is_config(value) else value


def _without(node, keys):
    return {key: node[key] for key in node if key not in keys} if keys else node


def _contents(node):
    """Return a node with the content's hash in place of each file's path."""
    if isinstance(node, dict):
        return {
            key: _content(value) if key in FILES and isinstance(value, str) else _contents(value)
            for key, value in node.items()
        }
    return [_contents(value) for value in node] if isinstance(node, list) else node


def _content(path):
    path = os.path.expanduser(path)
    # With its name, which may say the level that a network was trained for.
    return content_hash([(os.path.basename(path), path)]) if os.path.isfile(path) else path


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
        task=config.task.name,
        noise=config.noise,
        sigma_dae=config.sigma_dae,
        seed=config.seed,
    )

"""Where a run's figures come from: configuration, code and machine."""

import hashlib
import json
import os
import pathlib
import socket
import subprocess

from omegaconf import OmegaConf

# What says where a run's figures go, not what they are.
UNSCIENTIFIC = ("tracking", "outputs", "hydra", "resume", "fail_fast", "trust_config")


def write_config(config, folder):
    """Write the resolved configuration as ``config.yaml`` into a run's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text(OmegaConf.to_yaml(config, resolve=True))


def config_hash(config):
    """Return the hash of what decides a run's figures, 16 hexadecimal digits."""
    scientific = {
        key: value
        for key, value in OmegaConf.to_container(config, resolve=True).items()
        if key not in UNSCIENTIFIC
    }
    return hashlib.sha256(json.dumps(scientific, sort_keys=True).encode()).hexdigest()[:16]


def git_commit():
    """Return the commit of this code, with ``+`` where it was changed since; ``None`` outside git."""
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


def process():
    """Return what identifies this process, to find runs that it left unfinished."""
    return {"host": socket.gethostname(), "pid": str(os.getpid())}

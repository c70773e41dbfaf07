"""Run, sweep and compare restoration experiments: ``python run.py --help``."""

import sys

import hydra

from dmsp import cli


@hydra.main(version_base="1.3", config_path="conf", config_name="config")
def main(config):
    """Run one job of the composed configuration."""
    return cli.attempt(config)


if __name__ == "__main__":
    sys.exit(cli.guard(main))

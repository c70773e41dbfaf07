"""Pick the best run of each group, and the command that repeats it."""

import pathlib
import shlex

from dmsp.checks import writing
from dmsp.config import CONF
from dmsp.errors import UserError
from dmsp.files import whole
from dmsp.provenance import UNSCIENTIFIC
from dmsp.reports import choosing, tables

METRICS = ("psnr", "ssim", "gain", "seconds", "seconds_per_iteration")


def configure(parser):
    """Add the command's arguments."""
    choosing.configure(parser)
    parser.add_argument(
        "--by", metavar="NAMES", help="a best one for each value of these, such as task,noise"
    )
    parser.add_argument("--write", metavar="FILE", help="the best run as a YAML, best.yaml")
    parser.add_argument("--metric", choices=METRICS, default="psnr", help="best in what (psnr)")


def run(arguments):
    """Print the best runs, each with its command."""
    found = choosing.chosen(arguments)
    by = None if arguments.by is None else choosing.names(arguments.by, found, "--by")
    best = found.best(arguments.metric, by)
    if not best:
        raise UserError(
            "--metric={}: no complete run has it; see python -m dmsp.reports compare".format(
                arguments.metric
            )
        )
    mixed = [] if by is None else [name for name in found.observed if name not in by]
    if mixed and len(set(found.table["problem"][found.table["complete"]])) > len(best):
        print("ranked across different {}; to rank apart, add it to --by".format(", ".join(mixed)))
    print(tables.plain(found, best))
    for index in best:
        command = found.runs[index].command or "not known: it has no .hydra/overrides.yaml"
        print("\n{}\n  {}".format(found.label(index), command))
    if arguments.write is not None:
        _write(found, best, arguments.write)


def _write(found, best, path):
    """Write the best run's configuration as a file that Hydra takes by ``--config-name``."""
    if len(best) > 1:
        raise UserError(
            "--write: {} runs are best, each of its group; name fewer folders, or have all ranked "
            "together with --by task or another that they have alike".format(len(best))
        )
    folder = found.runs[best[0]].folder
    if folder is None or not (folder / "config.yaml").exists():
        raise UserError("--write: the run's config.yaml is not on this machine")
    path = pathlib.Path(path).expanduser().absolute()
    if path.suffix != ".yaml":
        raise UserError("--write={}: Hydra reads only files called ….yaml".format(path.name))
    command = "python run.py --config-dir {} --config-name {}".format(
        shlex.quote(str(path.parent)), shlex.quote(path.stem)
    )
    text = "# {}\n# {}\n{}".format(found.label(best[0]), command, configuration(folder))
    with writing("--write"):
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole(path) as part, open(part, "w", encoding="utf-8") as file:
            file.write(text)
    print("\nwritten to {}; run it with\n  {}".format(path, command))


def configuration(folder):
    """Return the YAML that repeats a run: the choices that it made, and all its values.

    Args:
        folder: of the run.
    """
    from omegaconf import OmegaConf

    hydra = folder / ".hydra" / "hydra.yaml"
    choices = OmegaConf.load(str(hydra)).hydra.runtime.choices if hydra.exists() else {}
    # Without them the values would be added to those of other choices.
    made = [
        {"override /{}".format(group): choice}
        for group, choice in choices.items()
        if group not in UNSCIENTIFIC and (CONF / group / "{}.yaml".format(choice)).exists()
    ]
    made = [one for one in made if next(iter(one)) != "override /experiments"]
    values = OmegaConf.load(str(folder / "config.yaml"))
    values = {name: value for name, value in values.items() if name not in UNSCIENTIFIC}
    return OmegaConf.to_yaml(
        OmegaConf.create(dict({"defaults": ["config"] + made + ["_self_"]}, **values))
    )

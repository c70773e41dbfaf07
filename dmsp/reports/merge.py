"""Merge the shards of a data set, each restored by a run of its own, into one run.

The runs have data.shard=1/n to n/n and are alike in all else.
"""

import pathlib
import re
import shutil
from typing import Any, NamedTuple

from omegaconf import OmegaConf

from dmsp.config import build
from dmsp.errors import UserError
from dmsp.files import RECORDS, read_json
from dmsp.provenance import UNSCIENTIFIC
from dmsp.reports.journal import Journal
from dmsp.reports.results import PICTURE_FOLDERS, Results
from dmsp.reports.summary import headline, verdict
from dmsp.tracking import NoTracker

# Figures of the pictures, which follow from those of the shards' pictures.
PICTURES = (
    *("status", "psnr", "ssim", "psnr_baseline", "images", "skipped", "diverged", "iterations"),
    *("seconds", "seconds_per_iteration", "seconds_first_call", "kernel_seconds"),
    *("noise_told", "noise_used", "network_share", "metric_protocol"),
    *("mlflow_run_id", "config_hash", "data_sha256"),
)


class Shard(NamedTuple):
    """A run of a part of a data set.

    Attributes:
        folder: its folder.
        part: which part, from 1.
        parts: of how many.
        config: its configuration without what may differ.
        summary: its ``summary.json``.
    """

    folder: pathlib.Path
    part: int
    parts: int
    config: Any
    summary: dict


def configure(parser):
    """Add the command's arguments to its parser."""
    parser.add_argument("folders", nargs="+", help="folders of the runs, or of their sweep")
    parser.add_argument("--into", help="folder of the merged run; it must not exist yet")


def run(arguments):
    """Merge the runs that the command line names."""
    folders = [pathlib.Path(name) for name in arguments.folders]
    into = arguments.into or folders[0].absolute().parent / "merged"
    print(verdict(merge(folders, into)))


def merge(folders, into):
    """Merge the shards in folders, or in the folders below them; return the summary.

    Args:
        folders: of the runs, or of a sweep of them.
        into: folder of the merged run.

    Raises:
        UserError: a part is missing, unfinished or given twice, or the runs are not alike.
    """
    shards = sorted(_shards(folders), key=lambda shard: shard.part)
    _check(shards)
    into = pathlib.Path(str(into))
    if into.exists():
        raise UserError("{}: exists already; give another folder with --into".format(into))
    records = [record for shard in shards for record in _records(shard)]
    results = Results(into)
    for record in sorted(records, key=lambda record: record["row"]["name"]):
        results.take(record)
    for shard in shards:
        for name in PICTURE_FOLDERS:
            _copy(shard.folder / name, into / name)
    config = OmegaConf.load(str(shards[0].folder / "config.yaml"))
    config.data.shard = None
    (into / "config.yaml").write_text(OmegaConf.to_yaml(config), encoding="utf-8")
    facts = {key: value for key, value in shards[0].summary.items() if key not in PICTURES}
    facts["merged"] = [str(shard.folder) for shard in shards]
    with _tracker(config, into) as tracker:
        summary = results.finish(dict(facts, mlflow_run_id=tracker.run_id))
        tracker.log_metrics(headline(summary))
        tracker.log_history(results.history())
        tracker.log_artifacts(into)
    return summary


def _copy(source, target):
    """Copy the files of a folder where there is one."""
    if source.is_dir():
        target.mkdir(exist_ok=True)
        for path in sorted(source.iterdir()):
            shutil.copy2(str(path), str(target / path.name))


def _tracker(config, into):
    """Return what the merged run is told to, which is what the shards were told to."""
    if "tracking" not in config:
        return NoTracker()
    return build(
        config.tracking,
        experiment="dmsp-{}".format(config.task.name),
        run_name="{}, merged".format(into.absolute().parent.name),
        tags={"task": config.task.name, "folder": str(into.absolute())},
        params=OmegaConf.to_container(config),
        outputs=config.outputs,
    )


def _shards(folders):
    found = []
    for folder in folders:
        if not folder.is_dir():
            raise UserError("{}: no such folder".format(folder))
        single = (folder / "config.yaml").exists()
        places = (
            [folder] if single else sorted(path.parent for path in folder.glob("*/config.yaml"))
        )
        if not places:
            raise UserError("{}: holds no run; name the folders of runs".format(folder))
        found.extend(_shard(place) for place in places)
    return found


def _shard(folder):
    config = OmegaConf.to_container(OmegaConf.load(str(folder / "config.yaml")))
    part = re.fullmatch(r"(\d+)/(\d+)", str(config.get("data", {}).pop("shard", None)))
    if part is None:
        raise UserError(
            "{}: is no part of a data set; give runs with data.shard=1/n".format(folder)
        )
    summary = read_json(folder / "summary.json") or {}
    if summary.get("status") != "done":
        raise UserError("{}: is not finished; finish it with resume=true".format(folder))
    kept = {key: value for key, value in config.items() if key not in UNSCIENTIFIC + ("device",)}
    return Shard(folder, int(part.group(1)), int(part.group(2)), kept, summary)


def _check(shards):  # type: (List[Shard]) -> None
    first = shards[0]
    for shard in shards:
        differing = sorted(
            key for key in first.config if shard.config.get(key) != first.config[key]
        )
        if differing or shard.parts != first.parts:
            raise UserError(
                "{}: differs from {} in {}; merge runs that are alike but for data.shard".format(
                    shard.folder, first.folder, ", ".join(differing) or "the number of parts"
                )
            )
    parts = [shard.part for shard in shards]
    for part in range(1, first.parts + 1):
        if parts.count(part) != 1:
            raise UserError(
                "data.shard={}/{}: {} runs of it among those given; give one of each part".format(
                    part, first.parts, parts.count(part) or "no"
                )
            )


def _records(shard):
    records = Journal(shard.folder / RECORDS / "pictures.jsonl", resume=True).records
    if len(records) != shard.summary["images"] + shard.summary["skipped"]:
        raise UserError("{}: its journal is not complete; run it again".format(shard.folder))
    return records

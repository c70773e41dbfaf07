"""Search for good values with Optuna, instead of a grid of all."""

import itertools
import math
import pathlib
import statistics
import warnings

from dmsp import checks
from dmsp.checks import writing
from dmsp.errors import UserError, nearest
from dmsp.sweeps import best, space
from dmsp.tracking import redact
from dmsp.tracking.address import SQLITE

SAMPLERS = {"tpe": "TPESampler", "random": "RandomSampler"}
LOST = "lost"  # attribute of a study: how many trials ended with their process


class Search:
    """A study: trials ask for values, each runs its jobs and tells their mean objective.

    Args:
        folder: of the sweep; the study is kept there, and goes on where it ended.
        arguments: overrides; those with ``interval``, ``range``, ``choice`` or several
            values span the space, the others hold for all jobs.
        n_trials: trials of the study, those of earlier processes among them.
        n_jobs: trials that are asked for, and handed to the launcher, at once.
        sampler: ``tpe`` or ``random``.
        seed: of the sampler.
        storage: database for several machines; ``None`` for one in the folder.
        study_name: of the study in the storage.
        average: {key: values}; a trial's objective is the mean over all their combinations.
        params: further overrides, {key: value}; those of the command line hold.
        fail_fast: ask for no further trial after one has failed.

    Raises:
        UserError: Optuna is missing, or an argument is of the wrong kind.
    """

    def __init__(
        self,
        folder,
        arguments,
        n_trials: int = 30,
        n_jobs: int = 1,
        sampler="tpe",
        seed: int = 0,
        storage=None,
        study_name="dmsp",
        average=None,
        params=None,
        fail_fast=False,
    ):
        for name, value in (("n_trials", n_trials), ("n_jobs", n_jobs)):
            checks.number("hydra.sweeper." + name, value, 1, whole=True)
        if sampler not in SAMPLERS:
            raise UserError(
                "hydra.sweeper.sampler={}: no such sampler{}".format(
                    sampler, nearest(sampler, SAMPLERS)
                )
            )
        optuna = _optuna()
        self._folder = pathlib.Path(str(folder)).absolute()
        self._space, self._fixed = space.parse(arguments, dict(params or {}))
        self._cases = [
            ["{}={}".format(key, value) for key, value in zip(average or {}, values)]
            for values in itertools.product(*(average or {}).values())
        ]
        self._n_trials, self._n_jobs = n_trials, n_jobs
        self._fail_fast = fail_fast
        self._study = _study(optuna, self._database(storage), study_name)
        # A sampler that takes up a study must not draw again what it drew first.
        seed += len(self._study.trials)
        self._study.sampler = _sampler(optuna, sampler, seed, n_jobs)
        if storage is None:  # else they may be another machine's
            _repeat_lost(self._study)

    def run(self, launch):
        """Do the trials that are left and write the best one down.

        Args:
            launch: runs jobs, given lists of overrides and the number of the first.

        Returns:
            the study.
        """
        study = self._study
        number = len(study.trials) * len(self._cases)
        while self._left() > 0:
            asked = [study.ask(self._space) for _ in range(min(self._n_jobs, self._left()))]
            trials = [trial for trial in asked if not self._tell_known(trial)]
            jobs = [
                self._fixed + space.overrides(trial.params) + case
                for trial in trials
                for case in self._cases
            ]
            returns = launch(jobs, initial_job_idx=number) if jobs else []
            number += len(jobs)
            values = [result.return_value for result in returns]
            succeeded = [
                self._tell(trial, [values.pop(0) for _ in self._cases]) for trial in trials
            ]
            best.write(self._folder, study, self._fixed)
            if self._fail_fast and not all(succeeded):
                break
        print(best.verdict(self._folder, study))
        return study

    def _database(self, storage):
        """Return the storage's address, that of a file absolute."""
        if storage is not None and not str(storage).startswith(SQLITE):
            return str(storage)
        path = self._folder / "optuna.db" if storage is None else str(storage)[len(SQLITE) :]
        path = pathlib.Path(str(path)).expanduser().absolute()
        with writing("hydra.sweeper.storage"):
            path.parent.mkdir(parents=True, exist_ok=True)
        return SQLITE + str(path)

    def _left(self):
        from optuna.trial import TrialState

        begun = [trial for trial in self._study.trials if trial.state != TrialState.WAITING]
        return self._n_trials - len(begun) + self._study.user_attrs.get(LOST, 0)

    def _tell_known(self, trial):
        """Tell what a trial of the same values has given, which this one would; return whether."""
        values = [one.value for one in self._study.trials if one.params == trial.params]
        known = [value for value in values if value is not None]
        if known:
            self._study.tell(trial, known[0])
        return bool(known)

    def _tell(self, trial, values):
        """Tell the mean of the cases; return whether there is one, as no job failed."""
        from optuna.trial import TrialState

        whole = all(isinstance(value, float) and math.isfinite(value) for value in values)
        if whole:
            self._study.tell(trial, statistics.mean(values))
        else:
            self._study.tell(trial, state=TrialState.FAIL)
        return whole


def _repeat_lost(study):
    """Have the trials asked for again whose process was killed."""
    from optuna.trial import TrialState

    for trial in study.trials:
        if trial.state == TrialState.RUNNING:
            study.tell(trial.number, state=TrialState.FAIL)
            study.enqueue_trial(trial.params)
            study.set_user_attr(LOST, study.user_attrs.get(LOST, 0) + 1)


def _optuna():
    try:
        import optuna
    except ImportError as error:
        raise UserError(
            "hydra/sweeper: searching needs Optuna; install it with pip install -e .[optuna]"
        ) from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def _study(optuna, storage, name):
    try:
        return optuna.create_study(
            storage=storage, study_name=name, direction="maximize", load_if_exists=True
        )
    except Exception as error:  # whatever its database raises
        raise UserError(
            "hydra.sweeper.storage={}: cannot be opened ({}); give another".format(
                redact(storage), redact(" ".join(str(error).split())[:300])
            )
        ) from error


def _sampler(optuna, name, seed, n_jobs):
    options = {"constant_liar": True} if name == "tpe" and n_jobs > 1 else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return getattr(optuna.samplers, SAMPLERS[name])(seed=seed, **options)

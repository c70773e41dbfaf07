"""Search with Optuna, its jobs stood in for by a formula."""

import sys
from types import SimpleNamespace

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf

from dmsp.config import CONF
from dmsp.errors import UserError
from dmsp.sweeps import space

optuna = pytest.importorskip("optuna")

from dmsp.sweeps.search import Search  # noqa: E402

SPACE = ["task=superres", "optimizer=momentum", "optimizer.mu=interval(0,1)", "tracking=none"]


class Jobs:
    """Stands in for a launcher; a job's objective is highest at mu = 0.7 and falls with noise."""

    def __init__(self, broken=()):
        self.asked, self.firsts, self._broken = [], [], broken

    def __call__(self, jobs, initial_job_idx):
        self.firsts.append(initial_job_idx)
        return [SimpleNamespace(return_value=self._value(job)) for job in jobs]

    def _value(self, job):
        values = dict(text.split("=") for text in job)
        self.asked.append(values)
        if len(self.asked) - 1 in self._broken:
            return self._broken[len(self.asked) - 1]
        return 30.0 - (float(values["optimizer.mu"]) - 0.7) ** 2 - 10 * float(values["noise"])


def best_of(folder):
    return OmegaConf.load(str(folder / "experiments" / "best.yaml"))


def test_the_best_is_found_and_can_be_run(tmp_path, capsys):
    jobs = Jobs()
    study = Search(tmp_path, SPACE + ["noise=0.02"], n_trials=15).run(jobs)
    assert abs(study.best_params["optimizer.mu"] - 0.7) < 0.15
    assert jobs.firsts == list(range(15))
    assert "best of 15 trials: 29.8" in capsys.readouterr().out
    file = tmp_path / "experiments" / "best.yaml"
    assert "--config-dir {} +experiments=best".format(tmp_path) in file.read_text()
    assert "tracking" not in best_of(tmp_path)
    GlobalHydra.instance().clear()
    with initialize_config_dir(str(CONF), version_base="1.3"):
        search = "hydra.searchpath=[file://{}]".format(tmp_path)
        config = compose("config", ["+experiments=best", search], return_hydra_config=True)
    HydraConfig.instance().cfg = None
    assert config.optimizer.mu == pytest.approx(study.best_params["optimizer.mu"])
    assert config.task.name == "superres" and config.noise == 0.02
    assert config.optimizer._target_.endswith("Momentum") and config.num_iter == 300


def test_a_trial_is_judged_by_its_mean_over_a_range(tmp_path):
    jobs = Jobs()
    average = {"noise": [0.01, 0.03]}
    study = Search(tmp_path, SPACE, n_trials=3, n_jobs=2, average=average).run(jobs)
    assert [job["noise"] for job in jobs.asked] == ["0.01", "0.03"] * 3
    assert jobs.firsts == [0, 4]
    mu = float(jobs.asked[2]["optimizer.mu"])
    assert study.trials[1].value == pytest.approx(30 - (mu - 0.7) ** 2 - 0.2)


def test_failed_trials_do_not_end_the_study(tmp_path):
    jobs = Jobs({0: None, 1: float("nan"), 2: float("inf")})
    study = Search(tmp_path, SPACE + ["noise=0.02"], n_trials=6).run(jobs)
    assert [trial.state.name for trial in study.trials] == ["FAIL"] * 3 + ["COMPLETE"] * 3


def test_values_that_come_again_are_not_run_again(tmp_path):
    jobs = Jobs({0: None})
    asked = ["optimizer.mu=0.5,0.7", "noise=0.02"]
    study = Search(tmp_path, asked, n_trials=12, n_jobs=2, sampler="random").run(jobs)
    states = [trial.state.name for trial in study.trials]
    assert states.count("FAIL") == 1 and states.count("COMPLETE") == 11
    assert 3 <= len(jobs.asked) <= 5  # a failed one, and two of a batch, may be done again
    assert study.best_params["optimizer.mu"] in (0.7, "0.7")
    assert {trial.value for trial in study.trials if trial.value is not None} == (
        {30.0 - 0.2, 30.0 - (0.5 - 0.7) ** 2 - 0.2}
    )


def test_fail_fast_asks_for_no_trial_after_one_that_failed(tmp_path):
    jobs = Jobs({1: None})
    Search(tmp_path, SPACE + ["noise=0.02"], n_trials=6, fail_fast=True).run(jobs)
    assert len(jobs.asked) == 2


def test_a_study_of_failures_has_no_best(tmp_path, capsys):
    Search(tmp_path, SPACE + ["noise=0.02"], n_trials=2).run(Jobs({0: None, 1: None}))
    assert "no trial of 2 succeeded" in capsys.readouterr().out
    assert not (tmp_path / "experiments").exists()


def test_a_killed_study_goes_on(tmp_path):
    class Killed(Jobs):
        def __call__(self, jobs, initial_job_idx):
            if len(self.asked) == 2:
                self.lost = dict(text.split("=") for text in jobs[0])
                raise KeyboardInterrupt
            return super().__call__(jobs, initial_job_idx)

    arguments = SPACE + ["noise=0.02"]
    first, again = Killed(), Jobs()
    with pytest.raises(KeyboardInterrupt):
        Search(tmp_path, arguments, n_trials=6).run(first)
    study = Search(tmp_path, arguments, n_trials=6).run(again)
    assert len(first.asked) == 2 and len(again.asked) == 4
    assert again.asked[0]["optimizer.mu"] == first.lost["optimizer.mu"]
    assert len(study.trials) == 7
    drawn = [job["optimizer.mu"] for job in first.asked + again.asked]
    assert len(set(drawn)) == 6
    Search(tmp_path, arguments, n_trials=6).run(again)  # nothing is left
    assert len(again.asked) == 4


def test_the_space_is_what_hydra_writes():
    distributions, fixed = space.parse(
        ["a=interval(1,3)", "b=tag(log,interval(0.1,10))", "c=x,y", "+d=range(1,7,2)", "e=5"],
        {"e": 4, "f": "interval(0,1)", "a": "interval(0,9)"},
    )
    assert fixed == ["e=5"] and set(distributions) == {"a", "b", "c", "d", "f"}
    assert (distributions["a"].low, distributions["a"].high) == (1, 3)
    assert distributions["b"].log and not distributions["a"].log
    assert distributions["c"].choices == ("x", "y")
    assert distributions["d"].choices == (1, 3, 5)


@pytest.mark.parametrize(
    "arguments, options, line",
    [
        (["a=1"], {}, "hydra/sweeper: nothing to search"),
        (["a=interval(0,1)"], {"n_trials": 0}, "hydra.sweeper.n_trials=0: give a whole number"),
        (["a=interval(0,1)"], {"n_jobs": "x"}, "hydra.sweeper.n_jobs=x: give a whole number"),
        (["a=interval(0,1)"], {"storage": "x"}, "hydra.sweeper.storage=x: cannot be opened"),
        (["a=interval(0,1)"], {"sampler": "tp"}, "hydra.sweeper.sampler=tp: no such sampler; did"),
    ],
)
def test_mistakes_take_a_line(tmp_path, arguments, options, line):
    with pytest.raises(UserError) as caught:
        Search(tmp_path, arguments, **options)
    assert str(caught.value).startswith(line)


def test_without_optuna_a_line_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(UserError, match=r"pip install -e \.\[optuna\]"):
        Search(tmp_path, SPACE)


def test_a_storage_of_your_own_keeps_the_study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = {"n_trials": 2, "storage": "sqlite:///sub/study.db", "study_name": "mine"}
    Search(tmp_path / "a", SPACE + ["noise=0.02"], **options).run(Jobs())
    jobs = Jobs()
    study = Search(tmp_path / "b", SPACE + ["noise=0.02"], **options).run(jobs)
    assert not jobs.asked and len(study.trials) == 2 and study.study_name == "mine"
    assert (tmp_path / "sub" / "study.db").exists()


@pytest.mark.parametrize("preset", ["tune_hqs", "tune_momentum"])
def test_a_preset_searches_what_exists(preset):
    sweeper = OmegaConf.load(str(CONF / "hydra" / "sweeper" / (preset + ".yaml")))
    distributions, fixed = space.parse([], dict(sweeper.params))
    with initialize_config_dir(str(CONF), version_base="1.3"):
        middle = [
            "{}={}".format(key, (space.low + space.high) / 2)
            for key, space in distributions.items()
        ]
        compose("config", fixed + middle)
    assert list(sweeper.average) == ["noise"]

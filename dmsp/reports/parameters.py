"""What differs between runs: the swept parameters, and nothing that follows from them."""

from dmsp.provenance import UNSCIENTIFIC

# Config groups, and what the summary or the group itself calls the choice.
GROUPS = {
    "task": "name",
    "kernel": "_target_",
    "mask": "_target_",
    "data": "_target_",
    "noise_level": "_target_",
    "denoiser": "_target_",
    "optimizer": "_target_",
    "device": "_target_",
    "precision": "mode",
}
NAMED = ("optimizer", "denoiser", "noise_level", "task")  # by the summary
# What decides the observations: runs that agree in these solve the same problem.
OBSERVATION = ("task", "data", "kernel", "mask", "noise", "seed")


def swept(runs):
    """Return {name: values, one a run} of what differs, the observation's parameters first.

    A group whose choice differs is one parameter; what each choice brings with
    it is left out, unless it was asked for or differs within a choice.

    Args:
        runs: list of :class:`dmsp.reports.folders.Run`.
    """
    choices = _choices(runs)
    found = dict(choices)
    asked = {text.lstrip("+~").split("=")[0] for run in runs for text in run.overrides or ()}
    names = dict.fromkeys(name for run in runs for name in run.params)
    for name in sorted(names, key=lambda name: (name.count("."), name.startswith("task."))):
        if name.split(".")[0] in UNSCIENTIFIC or "_target_" in name or name == "task.name":
            continue
        values = [run.params.get(name) for run in runs]
        if not _differ(values) or values in found.values():
            continue
        if name in asked or not any(follows(values, known) for known in choices.values()):
            found[name] = values
    return {name: found[name] for name in sorted(found, key=_rank)}


def choice(run, group):
    """Return what a run's choice of a config group is called, ``None`` where it has none."""
    if group in NAMED and run.figures.get(group) is not None:
        return str(run.figures[group])
    value = run.params.get("{}.{}".format(group, GROUPS[group]))
    return None if value is None else str(value).split(".")[-1]


def problem(run):
    """Return what is equal for runs that restore the same observations."""
    observed = [
        (name, value)
        for name, value in run.params.items()
        if is_observation(name) and name not in ("data.path", "task.name")
    ]
    return tuple(sorted((name, str(value)) for name, value in observed)) + (
        choice(run, "task"),
        run.data,
        str(run.figures.get("metric_protocol")),
    )


def is_observation(name):
    """Return whether a parameter decides what is observed, rather than how it is restored."""
    return name.split(".")[0] in OBSERVATION


def follows(values, known):
    """Return whether each value of ``known`` goes with one value only."""
    seen = {}
    return all(seen.setdefault(key, value) == value for key, value in zip(known, values))


def _choices(runs):
    """Return {group: values} of the groups whose choice differs.

    What only some tasks have, such as a mask, and have alike, the task says already.
    """
    found = {group: [choice(run, group) for run in runs] for group in GROUPS}
    found = {group: values for group, values in found.items() if _differ(values)}
    for group in set(found) - {"task"}:
        given = [value for value in found[group] if value is not None]
        if "task" in found and not _differ(given) and follows(found[group], found["task"]):
            del found[group]
    return found


def _differ(values):
    return any(value != values[0] for value in values)


def _rank(name):
    return (not is_observation(name), name not in GROUPS, name)

"""What a search chooses from, as Hydra's overrides say it."""

from dmsp.errors import UserError


def parse(arguments, params):
    """Return the distributions by key, and the overrides that hold for all jobs.

    Args:
        arguments: overrides; ``a=interval(0,1)``, ``a=tag(log,interval(0.01,1))``,
            ``a=range(1,9,2)`` and ``a=x,y`` are searched.
        params: further ones, {key: value}; ``arguments`` hold.

    Raises:
        UserError: a sweep of another kind, or nothing to search.
    """
    from hydra.core.override_parser.overrides_parser import OverridesParser

    parser = OverridesParser.create()
    given = ["{}={}".format(key, value) for key, value in params.items()]
    parsed = parser.parse_overrides(given + list(arguments))
    last = {override.get_key_element().lstrip("+"): override for override in parsed}
    distributions, fixed = {}, []
    for key, override in last.items():
        if override.is_sweep_override():
            distributions[key] = _distribution(override)
        else:
            fixed.append(override.input_line)
    if not distributions:
        raise UserError(
            "hydra/sweeper: nothing to search; give a range, such as 'sigma_dae=interval(5,25)'"
        )
    return distributions, fixed


def overrides(params):
    """Return a trial's values as overrides."""
    return ["{}={}".format(key, value) for key, value in sorted(params.items())]


def _distribution(override):
    from hydra.core.override_parser.types import Transformer
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    value = override.value()
    if override.is_interval_sweep():
        return FloatDistribution(value.start, value.end, log="log" in value.tags)
    if override.is_choice_sweep() or override.is_range_sweep():
        return CategoricalDistribution(list(override.sweep_iterator(Transformer.encode)))
    raise UserError(
        "{}: cannot be searched; give interval(low,high), range(…) or several values".format(
            override.input_line
        )
    )

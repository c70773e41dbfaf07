"""How to train, and what of it a continuation has to share."""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Optional


class Settings(NamedTuple):
    """How to train; ``conf/task/train_denoiser.yaml`` explains each key.

    Without ``biases`` a network of convolutions and ReLU is homogeneous, ``f(a x) = a f(x)`` for
    a > 0, and so does not depend on the levels that it was trained on (Mohan et al., ICLR 2020).
    A denoiser of grey pictures has one ``channel`` of noise, the same in R, G and B, and is
    told √3 times its level, as :attr:`dmsp.operators.Operator.copies` says.
    """

    architecture: Mapping
    steps: int
    batch_size: int = 16
    patch: int = 96
    sigma_max: float = 55.0
    low_sigma: float = 15.0
    low_share: float = 0.2
    scales: Sequence = (1.0,)
    colour: float = 0.0
    learning_rate: float = 1e-3
    warmup: int = 500
    clip_norm: float = 1.0
    average: float = 0.999
    compute: str = "auto"
    seed: int = 0
    channels: int = 3
    start: Optional[str] = None
    holdout: int = 12
    levels: Sequence = (5, 15, 25, 50)
    evaluation_paths: Sequence = ()
    evaluation_levels: Sequence = (11, 15, 25, 50)
    biases: bool = False
    report_every: int = 50
    validate_every: int = 1000
    checkpoint_every: int = 500


# What may differ between a training and its continuation. With another number of steps the
# learning rate follows the new schedule from there on.
FREE = (
    "steps",
    "start",
    "report_every",
    "validate_every",
    "checkpoint_every",
    "evaluation_paths",
    "evaluation_levels",
    "levels",
)


def builtin(value):
    """Return a config's value with plain dicts and lists inside, which JSON can write."""
    if isinstance(value, Mapping):
        return {str(key): builtin(inner) for key, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [builtin(inner) for inner in value]
    return value


def plain(settings, facts):
    """Return what a continuation must share with its beginning, as JSON would give it back."""
    values = {key: value for key, value in settings._asdict().items() if key not in FREE}
    values["pictures"] = facts["data_digest"]
    return json.loads(json.dumps(values))

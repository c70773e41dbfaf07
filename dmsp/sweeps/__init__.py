"""Many jobs: what is finished stays, what failed or was killed is done again, and a table of all.

A job's folder belongs to one configuration, by its hash; a sweep's folder holds its jobs'.
Importing this room imports neither TensorFlow nor MLflow.
"""

from dmsp.sweeps.callback import Refused
from dmsp.sweeps.claims import Claim, claimed
from dmsp.sweeps.folders import register
from dmsp.sweeps.outcomes import FAILED, KILLED, WAITING, Outcome, divergence, finish, reporter

__all__ = [
    "FAILED",
    "KILLED",
    "WAITING",
    "Claim",
    "Outcome",
    "Refused",
    "claimed",
    "divergence",
    "finish",
    "register",
    "reporter",
]

"""Kernel-blind deblurring: the blur kernel is estimated from the blurred picture alone."""

from dmsp.blind.estimation import KernelEstimator
from dmsp.blind.refinement import agreed, refined, tidied
from dmsp.blind.registration import displacement, moved
from dmsp.blind.selection import steepness, window

__all__ = [
    "KernelEstimator",
    "agreed",
    "displacement",
    "moved",
    "refined",
    "steepness",
    "tidied",
    "window",
]

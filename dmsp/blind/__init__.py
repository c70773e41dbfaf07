"""Kernel-blind deblurring: the blur kernel is estimated from the blurred picture alone."""

from dmsp.blind.estimation import KernelEstimator
from dmsp.blind.prediction import Prediction
from dmsp.blind.predictive import evaluations, predictive
from dmsp.blind.registration import displacement, moved
from dmsp.blind.selection import steepness, window

__all__ = [
    "KernelEstimator",
    "Prediction",
    "displacement",
    "evaluations",
    "moved",
    "predictive",
    "steepness",
    "window",
]

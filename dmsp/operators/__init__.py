"""Observation operators ``A`` and their adjoints."""

from dmsp.operators.base import Operator
from dmsp.operators.blur import SubsampledBlur, ValidBlur
from dmsp.operators.convolution import FourierConvolution, SpatialConvolution

__all__ = [
    "FourierConvolution",
    "Operator",
    "SpatialConvolution",
    "SubsampledBlur",
    "ValidBlur",
]

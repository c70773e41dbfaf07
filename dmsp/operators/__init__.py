"""Observation operators ``A`` and their adjoints."""

from dmsp.operators.base import Operator
from dmsp.operators.bicubic import BicubicDownsampling
from dmsp.operators.blur import CircularBlur, ReplicateBlur, ValidBlur, choose_blur
from dmsp.operators.convolution import FourierConvolution, SpatialConvolution
from dmsp.operators.grey import Grey
from dmsp.operators.identity import Identity
from dmsp.operators.mask import Mask
from dmsp.operators.mosaic import Mosaic
from dmsp.operators.subsampling import (
    CircularSubsampledBlur,
    SubsampledBlur,
    choose_subsampled_blur,
)

__all__ = [
    "BicubicDownsampling",
    "CircularBlur",
    "CircularSubsampledBlur",
    "FourierConvolution",
    "Grey",
    "Identity",
    "Mask",
    "Mosaic",
    "Operator",
    "ReplicateBlur",
    "SpatialConvolution",
    "SubsampledBlur",
    "ValidBlur",
    "choose_blur",
    "choose_subsampled_blur",
]

"""Every operator, with shapes that try it: the tests of operators walk this table."""

import numpy as np

from dmsp import masks
from dmsp.operators import (
    BicubicDownsampling,
    CircularBlur,
    CircularSubsampledBlur,
    FourierConvolution,
    Grey,
    Identity,
    Mask,
    Mosaic,
    ReplicateBlur,
    SpatialConvolution,
    SubsampledBlur,
    ValidBlur,
)

ODD, EVEN = (19, 23), (24, 16)


def kernel(rows, columns):
    """Return an asymmetric kernel of sum one."""
    k = np.random.RandomState(rows * 100 + columns).rand(rows, columns).astype(np.float32)
    return k / k.sum()


def _blurs():
    for convolution in (FourierConvolution, SpatialConvolution):
        for size, shape in (((3, 5), EVEN), ((4, 7), ODD), ((11, 8), EVEN)):
            label = "-{}-{}x{}".format(convolution.name, *size)
            for blur in (ValidBlur, CircularBlur, ReplicateBlur):
                yield blur.__name__ + label, (blur, kernel(*size), shape, convolution)
            for scale in (2, 3):
                for blur in (SubsampledBlur, CircularSubsampledBlur):
                    yield (
                        "{}{}{}".format(blur.__name__, scale, label),
                        (blur, kernel(*size), shape, scale, convolution),
                    )
    yield "ValidBlur-1x1", (ValidBlur, kernel(1, 1), ODD)
    yield "SubsampledBlur4", (SubsampledBlur, kernel(6, 2), ODD, 4)


def _others():
    yield "Identity", (Identity, ODD)
    for scale in (2, 3, 4):
        for shape in (ODD, EVEN):
            yield (
                "BicubicDownsampling{}-{}x{}".format(scale, *shape),
                (BicubicDownsampling, shape, scale),
            )
    yield "Mask-random", (Mask, masks.random(ODD, keep=0.3))
    yield "Mask-stripes", (Mask, masks.stripes(EVEN))
    yield "Mask-one pixel", (Mask, masks.random(EVEN, keep=1e-3))
    for pattern in ("RGGB", "GRBG", "GBRG", "BGGR", "XTRANS"):
        yield "Mosaic-" + pattern, (Mosaic, ODD, pattern)


def _grey():
    for blur in (ValidBlur, CircularBlur):
        yield "Grey-" + blur.__name__, (lambda blur: Grey(blur(kernel(3, 5), EVEN)), blur)
    yield "Grey-Mask", (lambda mask: Grey(Mask(mask)), masks.random(ODD, keep=0.3))
    yield "Grey-BicubicDownsampling", (lambda scale: Grey(BicubicDownsampling(EVEN, scale)), 2)
    yield "Grey-Identity", (lambda shape: Grey(Identity(shape)), ODD)


OPERATORS = dict(list(_blurs()) + list(_others()) + list(_grey()))


def build(name):
    """Return the operator of a name."""
    operator, *arguments = OPERATORS[name]
    return operator(*arguments)

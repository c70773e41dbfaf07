"""Every operator, with shapes that try it: the tests of operators walk this table."""

import numpy as np

from dmsp.operators import FourierConvolution, SpatialConvolution, SubsampledBlur, ValidBlur


def kernel(rows, columns):
    """Return an asymmetric kernel of sum one."""
    k = np.random.RandomState(rows * 100 + columns).rand(rows, columns).astype(np.float32)
    return k / k.sum()


def _blurs():
    for convolution in (FourierConvolution, SpatialConvolution):
        for rows, columns in ((1, 1), (3, 5), (4, 7), (6, 2), (11, 8)):
            for shape in ((19, 23), (24, 16)):
                k = kernel(rows, columns)
                label = "{}-{}x{}-{}x{}".format(convolution.name, rows, columns, *shape)
                yield "valid-" + label, lambda k=k, s=shape, c=convolution: ValidBlur(k, s, c)
                for scale in (2, 3, 4):
                    yield (
                        "subsampled{}-{}".format(scale, label),
                        lambda k=k, s=shape, n=scale, c=convolution: SubsampledBlur(k, s, n, c),
                    )


OPERATORS = dict(_blurs())

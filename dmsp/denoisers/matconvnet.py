"""MatConvNet's networks: the published DAE, FFDNet, DnCNN.

Bigdeli et al., Deep Mean-Shift Priors for Image Restoration, NIPS 2017; Zhang
et al., FFDNet, IEEE TIP 2018; Zhang et al., Beyond a Gaussian denoiser
(DnCNN), IEEE TIP 2017.
"""

import re

import numpy as np

from dmsp.denoisers import canonical
from dmsp.errors import UserError


def read(path, sigma=None):
    """Return the weights in a MatConvNet file, .mat version 5 or 7.3.

    The published DAE is told from others by its form, a bare list of layers: it
    was trained on BGR pictures of 0 to 255 with rows and columns exchanged, and
    ``r(x) = x + f(x)``. FFDNet (13 channels in, 12 out) gives the picture
    itself, its sub-pixels sorted by channel, column, row. Other networks from
    3 to 3 channels are DnCNNs: ``r(x) = x − f(x)``, pictures of 0 to 1.

    Args:
        path: the file.
        sigma: noise level it was trained for; taken from ``sigma…`` in its name
            if not given.

    Raises:
        UserError: the file is missing or damaged, or not such a network.
    """
    layers, bare = _layers(path)
    kernels, biases = [], []
    for index, (kind, arrays) in enumerate(layers):
        if kind == "conv":
            kernel, bias = _kernel(path, index, arrays)
            kernels.append(kernel.transpose(1, 0, 2, 3) if bare else kernel)
            biases.append(bias)
        elif kind not in ("relu", "SubP", "concat", "loss"):
            raise UserError(
                "weights {}: expected conv and relu layers, found {!r} as layer {}".format(
                    path, kind, index + 1
                )
            )
    if bare:
        sigma = level_in(path) if sigma is None else sigma
        return canonical.chain(path, kernels, biases, 1, 1.0, sigma, bgr=True)
    if kernels and kernels[0].shape[2] in (12, 13):
        return canonical.chain(path, kernels, biases, 0, 255.0, sub_pixel=_ffdnet)
    sigma = level_in(path) if sigma is None else sigma
    return canonical.chain(path, kernels, biases, -1, 255.0, sigma)


def level_in(path):
    """Return the noise level that a file's name states as ``sigma11``, or None."""
    found = re.search(r"sigma[_=]?(\d+(?:\.\d+)?)", str(path).replace("\\", "/").split("/")[-1])
    return float(found.group(1)) if found else None


def _ffdnet(row, column, channel):
    return 4 * channel + 2 * column + row


def _kernel(path, index, arrays):
    if not arrays or arrays[0].ndim < 2:
        raise UserError(
            "weights {}: layer {} is a convolution without weights".format(path, index + 1)
        )
    kernel = np.asarray(arrays[0], np.float32)
    # MATLAB drops trailing axes of length one, such as a single output channel.
    kernel = kernel.reshape(kernel.shape + (1,) * (4 - kernel.ndim))
    bias = np.asarray(arrays[1], np.float32).ravel() if len(arrays) > 1 else None
    if bias is not None and bias.size not in (0, kernel.shape[3]):
        raise UserError(
            "weights {}: layer {} expected {} biases, found {}".format(
                path, index + 1, kernel.shape[3], bias.size
            )
        )
    return kernel, bias if bias is not None and bias.size else None


def _layers(path):
    """Return [(type, arrays)] and whether the file is a bare list of layers."""
    try:
        with open(path, "rb") as stream:
            header = stream.read(20)
    except OSError as error:
        raise UserError("weights {}: {}".format(path, error.strerror)) from error
    try:
        if header.startswith(b"MATLAB 7.3"):
            return _read_hdf5(path), False
        return _read_version_5(path)
    except UserError:
        raise
    except Exception as error:  # The readers raise whatever a damaged file leads them to.
        raise UserError(
            "weights {}: expected a MatConvNet file with net.layers, found a damaged "
            "or different one ({})".format(path, str(error).split("\n")[0])
        ) from error


def _read_version_5(path):
    import scipy.io

    stored = scipy.io.loadmat(path)
    if "net" not in stored:
        raise UserError(
            "weights {}: expected a MatConvNet file with net.layers, found the variables {}".format(
                path, ", ".join(sorted(name for name in stored if name[:2] != "__")) or "of none"
            )
        )
    net = stored["net"]
    bare = net.dtype.names is None
    cells = net if bare else net["layers"][0, 0]
    return [_layer(cell[0, 0]) for cell in cells.ravel()], bare


def _layer(record):
    arrays = list(record["weights"].ravel()) if "weights" in record.dtype.names else []
    return str(record["type"][0]), arrays


def _read_hdf5(path):
    import h5py

    with h5py.File(path, "r") as stored:
        found = []
        for reference in stored["net/layers"][()].ravel():
            layer = stored[reference]
            kind = "".join(chr(code) for code in np.ravel(layer["type"][()]))
            weights = layer["weights"][()].ravel() if kind == "conv" else []
            # HDF5 lists MATLAB's axes in reverse.
            found.append((kind, [stored[weight][()].T for weight in weights]))
        return found

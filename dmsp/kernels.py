"""Blur kernels: float32 (rows, columns), sum one."""

import pathlib

import numpy as np

from dmsp import checks
from dmsp.errors import UserError, nearest


def gaussian(std, size=None):
    """Return a Gaussian kernel, ``exp(-(u² + v²) / (2 std²))``, sampled at the pixels' centres.

    Args:
        std: standard deviation in pixels, above 0.
        size: side in pixels; ``2 ceil(3 std) + 1`` if not given.
    """
    _positive("kernel.std", std)
    size = 2 * int(np.ceil(3 * std)) + 1 if size is None else size
    checks.number("kernel.size", size, 1, whole=True)
    t = np.arange(size) - (size - 1) / 2
    profile = np.exp(-(t**2) / (2 * std**2))
    return checked(np.outer(profile, profile), "kernel=gaussian")


def disk(radius):
    """Return the kernel of a lens out of focus: a disk, its rim weighted by area.

    Args:
        radius: in pixels, above 0.
    """
    _positive("kernel.radius", radius)
    fine, reach = 16, int(np.ceil(radius - 0.5))
    side = 2 * reach + 1
    t = (np.arange(side * fine) + 0.5) / fine - side / 2
    inside = t[:, None] ** 2 + t[None] ** 2 <= radius**2
    return checked(inside.reshape(side, fine, side, fine).mean(axis=(1, 3)), "kernel=disk")


def delta():
    """Return the kernel that leaves a picture as it is."""
    return np.ones((1, 1), np.float32)


def motion(size, length, seed=0):
    """Return the kernel of a camera's shake: a smooth random path, centred on its mean.

    The velocity is a random walk with inertia, as a hand-held camera's; each
    point of the path is spread over the four pixels around it.

    Args:
        size: side in pixels.
        length: length of the path in pixels, above 0.
        seed: which path.

    Source: the idea is that of Boracchi, Foi, IEEE TIP 21(8), 2012, section IV-A.
    """
    checks.number("kernel.size", size, 1, whole=True)
    _positive("kernel.length", length)
    checks.number("kernel.seed", seed, 0, 2**32 - 1, whole=True)
    generator = np.random.RandomState(seed)
    steps = max(64, int(16 * length))
    turns = np.cumsum(generator.normal(0, 1, steps)) * (2.5 / np.sqrt(steps))
    speed = 1.0 + 0.5 * np.sin(np.linspace(0, 2 * np.pi, steps) + generator.uniform(0, 2 * np.pi))
    heading = generator.uniform(0, 2 * np.pi) + turns
    path = np.cumsum(np.stack([np.sin(heading), np.cos(heading)], 1) * speed[:, None], axis=0)
    path *= length / np.sum(speed)
    path -= path.mean(axis=0)
    # A path longer than the frame would leave it: it is drawn to fit.
    path *= min(1.0, (size - 1) / 2 / max(np.abs(path).max(), 1e-9))
    return checked(_drawn(path + (size - 1) / 2, size), "kernel=motion")


def from_file(path, name=None):
    """Return the kernel in a file, scaled to sum one.

    Args:
        path: .npz, .npy, .mat of MATLAB 5 to 7.3, or a picture whose grey levels are weights.
        name: which array, where the file holds several; ``k1`` is the first
            kernel of a MATLAB cell array.

    Raises:
        UserError: no such file or array, or no kernel.
    """
    if path is None:
        raise UserError("kernel.path is missing: name the kernel's file, kernel.path=psf.png")
    file = pathlib.Path(str(path)).expanduser()
    if not file.is_file():
        raise UserError("kernel.path={}: no such file".format(path))
    readers = {".npz": _read_npz, ".npy": _read_npy, ".mat": _read_mat}
    try:
        arrays = readers.get(file.suffix.lower(), _read_picture)(file)
    except UserError:
        raise
    except Exception as error:  # a parser may stumble over a foreign file in any way
        reason = " ".join(str(error).split())
        raise UserError(
            "kernel.path={}: cannot be read as a kernel ({})".format(path, reason)
        ) from error
    return checked(_choose(arrays, name, path), "kernel.path={}".format(path))


def save(path, kernel):
    """Write a kernel for :func:`from_file`: exact as ``.npy``, to look at as ``.png``, peak white.

    Args:
        path: of the files, without a suffix.
        kernel: (rows, columns), somewhere above zero.
    """
    from dmsp.images import write_png

    np.save("{}.npy".format(path), np.asarray(kernel, np.float32))
    grey = 255.0 * np.asarray(kernel, np.float64) / np.max(kernel)
    write_png("{}.png".format(path), np.repeat(grey[:, :, None], 3, axis=2))


def checked(kernel, what):
    """Return a kernel as float32 of sum one.

    Raises:
        UserError: it is not a table of finite numbers with a sum above zero.
    """
    kernel = np.squeeze(np.asarray(kernel))
    if kernel.ndim < 2:
        kernel = np.atleast_2d(kernel)
    if kernel.ndim != 2 or not kernel.size or kernel.dtype.kind not in "buif":
        raise UserError(
            "{}: a kernel is a table of numbers with rows and columns, not {} of shape {}".format(
                what, kernel.dtype, kernel.shape
            )
        )
    kernel = kernel.astype(np.float64)
    total = kernel.sum()
    if not np.isfinite(total) or total <= 0:
        raise UserError(
            "{}: the kernel's values sum to {:g}; a blur kernel has finite values and a sum "
            "above zero".format(what, total)
        )
    return (kernel / total).astype(np.float32)


def _positive(key, value):
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
        raise UserError("{}={}: give a number of pixels above 0".format(key, value))


def _drawn(path, size):
    """Spread the points of a path over the pixels around them."""
    kernel = np.zeros((size + 1, size + 1))
    corner = np.floor(path).astype(int)
    part = path - corner
    for rows in (0, 1):
        for columns in (0, 1):
            weight = np.abs(1 - rows - part[:, 0]) * np.abs(1 - columns - part[:, 1])
            np.add.at(kernel, (corner[:, 0] + rows, corner[:, 1] + columns), weight)
    return kernel[:size, :size]


def _choose(arrays, name, path):
    if name is None and len(arrays) == 1:
        return next(iter(arrays.values()))
    if name is None:
        raise UserError(
            "kernel.path={}: holds several arrays; choose one with kernel.name: {}".format(
                path, ", ".join(sorted(arrays))
            )
        )
    if str(name) not in arrays:
        raise UserError("kernel.name={}: not in {}{}".format(name, path, nearest(name, arrays)))
    return arrays[str(name)]


def _read_npz(file):
    with np.load(str(file), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def _read_npy(file):
    return {file.stem: np.load(str(file), allow_pickle=False)}


def _read_picture(file):
    from dmsp.images import Unreadable, decode

    try:
        pixels, _ = decode(file)
    except Unreadable as error:
        raise UserError("kernel.path={}: {}".format(file, error)) from error
    return {file.stem: pixels.mean(axis=2)}


def _read_mat(file):
    """Return the arrays of a MATLAB file; those of a cell array or a stack as k1, k2, …"""
    import h5py

    if h5py.is_hdf5(str(file)):
        found = _read_hdf5(file)
    else:
        from scipy.io import loadmat

        variables = loadmat(str(file))
        found = {name: value for name, value in variables.items() if not name.startswith("__")}
    arrays = {}
    for name, value in found.items():
        if value.dtype == object:
            several = value.ravel(order="F")
        elif value.ndim == 3:
            several = np.moveaxis(value, 2, 0)
        else:
            arrays[name] = value
            continue
        arrays.update(("k{}".format(i + 1), kernel) for i, kernel in enumerate(several))
    return arrays


def _read_hdf5(file):
    """Return the variables of a MATLAB 7.3 file, whose arrays are stored transposed."""
    import h5py

    with h5py.File(str(file), "r") as handle:
        found = {}
        for name, item in handle.items():
            if not isinstance(item, h5py.Dataset):
                continue
            if item.dtype == h5py.ref_dtype:
                references = item[()].ravel()
                cells = np.empty(len(references), object)
                for i, reference in enumerate(references):
                    cells[i] = handle[reference][()].T
                found[name] = cells
            else:
                found[name] = item[()].T
        return found

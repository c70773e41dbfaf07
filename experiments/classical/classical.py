"""The classical methods, each with the parameter that is best for the truth.

That favours them: dmsp's settings are the same for all pictures.
"""

import numpy as np

from dmsp.metrics import Protocol, psnr


def best(task, batch, i, truth, sigma):
    """Return {method: PSNR in dB} of the classical methods for a task.

    Args:
        task: one of :data:`METHODS`.
        batch: :class:`dmsp.preparation.Batch` with its observations.
        i: which of its pictures.
        truth: over the field of view, (H, W, 3).
        sigma: standard deviation of the noise, grey levels.
    """
    operator, y = batch.operator, batch.observations[i] / 255.0
    protocol = Protocol((operator.border, operator.border))
    found = {}
    for name, method, grid in METHODS.get(task, ()):
        scores = []
        for parameter in grid:
            picture = 255.0 * np.asarray(method(operator, y, parameter, sigma / 255.0))
            picture = np.broadcast_to(picture, truth.shape)
            scores.append(psnr(picture, truth, protocol))
        found[name] = max(scores)
    return found


def wiener(operator, y, balance, sigma):
    """Wiener deconvolution of the picture with a mirrored margin."""
    del sigma
    from skimage.restoration import wiener as deconvolve

    return _deconvolved(operator, y, lambda plane, psf: deconvolve(plane, psf, balance, clip=False))


def richardson_lucy(operator, y, steps, sigma):
    """Richardson–Lucy deconvolution of the picture with a mirrored margin."""
    del sigma
    from skimage.restoration import richardson_lucy as deconvolve

    def run(plane, psf):
        return deconvolve(np.clip(plane, 1e-3, 1), psf, steps, clip=False)

    return _deconvolved(operator, y, run)


def wiener_and_total_variation(operator, y, weight, sigma):
    """Wiener deconvolution at a fixed balance, what it makes of the noise taken out by TV."""
    from skimage.restoration import denoise_tv_chambolle

    return denoise_tv_chambolle(wiener(operator, y, 0.01, sigma), weight, channel_axis=2)


def total_variation(operator, y, weight, sigma):
    """Total-variation denoising."""
    del operator, sigma
    from skimage.restoration import denoise_tv_chambolle

    return denoise_tv_chambolle(y, weight, channel_axis=2)


def bilateral(operator, y, spread, sigma):
    """Bilateral filter, which skimage has for colour or for planes."""
    del operator
    from skimage.restoration import denoise_bilateral

    grey = y.shape[2] == 1
    picture = np.clip(y[:, :, 0] if grey else y, 0, 1)
    widths = {"sigma_color": 2 * sigma, "sigma_spatial": spread}
    found = denoise_bilateral(picture, channel_axis=None if grey else 2, **widths)
    return found[:, :, None] if grey else found


def biharmonic(operator, y, parameter, sigma):
    """Biharmonic inpainting."""
    del parameter, sigma
    from skimage.restoration import inpaint_biharmonic

    lost = np.isnan(operator.planes(y)).all(axis=2)
    return inpaint_biharmonic(operator.display(y), lost, channel_axis=2)


def malvar(operator, y, parameter, sigma):
    """Malvar, He, Cutler, ICASSP 2004."""
    del operator, parameter, sigma
    from colour_demosaicing import demosaicing_CFA_Bayer_Malvar2004

    return demosaicing_CFA_Bayer_Malvar2004(y[:, :, 0], "RGGB")


def menon(operator, y, parameter, sigma):
    """Menon, Andriani, Calvagno, IEEE TIP 16(1), 2007."""
    del operator, parameter, sigma
    from colour_demosaicing import demosaicing_CFA_Bayer_Menon2007

    return demosaicing_CFA_Bayer_Menon2007(y[:, :, 0], "RGGB")


def _deconvolved(operator, y, deconvolve):
    """Return each channel deconvolved; the operator correlates, so the kernel is turned."""
    (top, bottom), (left, right) = margin = [(2 * a, 2 * b) for a, b in operator.margin]
    psf = operator.kernel[::-1, ::-1]
    padded = np.pad(y, margin + [(0, 0)], "symmetric")
    planes = [deconvolve(plane, psf) for plane in np.moveaxis(padded, 2, 0)]
    picture = np.stack(planes, axis=2)
    return picture[top : len(picture) - bottom, left : picture.shape[1] - right]


METHODS = {
    "deblur": (
        ("Wiener", wiener, (1e-3, 3e-3, 1e-2, 3e-2, 0.1)),
        ("Richardson–Lucy", richardson_lucy, (5, 10, 20, 40)),
        ("Wiener and TV", wiener_and_total_variation, (0.01, 0.02, 0.05)),
    ),
    "demosaic": (("Malvar", malvar, (None,)), ("Menon", menon, (None,))),
    "inpaint": (("biharmonic", biharmonic, (None,)),),
    "denoise": (
        ("TV", total_variation, (0.05, 0.08, 0.12, 0.18)),
        ("bilateral", bilateral, (1.5, 3.0, 5.0)),
    ),
}

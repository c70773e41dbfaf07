"""What every observation operator offers."""

from dmsp.operators.conjugate_gradients import conjugate_gradients


class Operator:
    """A linear map ``A`` from a latent picture to what is observed, and its adjoint.

    Tensors are float32 (N, rows, columns, channels) of static shape; one
    instance serves every picture of one latent shape.

    Attributes:
        latent_shape: rows and columns (H, W) of the restored picture.
        observed_shape: rows and columns (h, w) of the observation.
        observed_channels: channels of the observation, which holds measured values only.
        margin: rows and columns ((top, bottom), (left, right)) of the latent
            picture that lie outside the observed field of view.
        border: rows and columns of the field of view that metrics leave out.
        coverage: fraction of the field of view that is measured, mean(M).
        kernel_energy: ``‖k‖²``, the gain of white noise through ``A``: the mean
            squared norm of a row of ``A``.
        selects: whether A leaves values as they are, so that a denoised estimate's residual
            holds all that was taken from it, detail as well as noise.
        copies: channels of the latent picture that share each measured value. Its
            noise is alike in all of them, and counts to a denoiser of colour
            pictures, which takes the mean of the channels to hold less noise than
            each of them, as ``√copies`` times as much.
        noisy: share of the latent picture's values, around one that is measured, that the noise of
            the observation gets into: all, but where A only selects some.
        closed_form: whether :meth:`solve` is exact.
        looped: whether conjugate gradients of :meth:`solve` here may loop; a device without FFT
            has no loops in its graph either.
        kernel: the blur kernel, (kh, kw); ``None`` without blur.
        scale: latent pixels from one observed pixel to the next.
        baseline_name: how :meth:`baseline` comes about, such as ``interpolated``;
            empty where it is the observation itself.
        period: rows and columns of the latent picture after which A treats it alike, so that one
            :meth:`part` serves all that begin at multiples of it; 0 where there are none
            such. ``None`` where a part is not observed as the whole is.
    """

    observed_channels = 3
    margin = ((0, 0), (0, 0))
    border = 0
    coverage = 1.0
    kernel_energy = 1.0
    copies = 1
    selects = False
    noisy = 1.0
    closed_form = False
    looped = True
    kernel = None
    scale = 1
    baseline_name = "interpolated"
    period = None

    @property
    def field(self):
        """Rows and columns of observed pixels that cover the field of view."""
        sizes = zip(self.latent_shape, self.margin)
        return tuple((n - sum(margin)) // self.scale for n, margin in sizes)

    def in_view(self, picture):
        """Return what of a latent picture, an array (H, W, channels), is in the field of view."""
        (top, bottom), (left, right) = self.margin
        return picture[top : len(picture) - bottom, left : picture.shape[1] - right]

    def part(self, begin, shape):
        """Return the operator of a part of the latent picture.

        Where :attr:`period` is a number. A mirrored or repeated side is taken to be the part's.

        Args:
            begin: row and column of the latent picture at which it begins.
            shape: its rows and columns.

        Raises:
            Unfit: nothing of it is observed.
        """
        raise NotImplementedError

    def forward(self, x):
        """Return ``A x``, (N, h, w, channels)."""
        raise NotImplementedError

    def adjoint(self, r):
        """Return ``Aᵀ r``, (N, H, W, channels)."""
        raise NotImplementedError

    def gram(self, u):
        """Return ``A Aᵀ u``, (N, h, w, channels)."""
        return self.forward(self.adjoint(u))

    def solve(self, u, weight, damping, effort):
        """Return ``(weight A Aᵀ + damping I)⁻¹ u``, (N, h, w, channels).

        Exact where :attr:`closed_form` holds, else by
        :func:`~dmsp.operators.conjugate_gradients.conjugate_gradients` with
        :meth:`precondition`.

        Args:
            u: (N, h, w, channels).
            weight: broadcast against (N, 1, 1, 1).
            damping: positive weight of the identity, likewise.
            effort: :class:`~dmsp.operators.conjugate_gradients.Effort` of conjugate gradients,
                which begin at zero.
        """

        return conjugate_gradients(
            lambda p: weight * self.gram(p) + damping * p,
            lambda r: self.precondition(r, weight, damping),
            u,
            effort,
            self.looped,
        )

    def precondition(self, u, weight, damping):
        """Return roughly ``(weight A Aᵀ + damping I)⁻¹ u``, here by the gain of white noise."""
        return u / (weight * self.kernel_energy + damping)

    def initial(self, y):
        """Return a first estimate of the latent picture, (N, H, W, channels)."""
        raise NotImplementedError

    def baseline(self, y):
        """Return the estimate that a user has without restoration, over the field of view."""
        raise NotImplementedError

    def latent_shape_behind(self, shape):
        """Return the latent (H, W) of which a picture file of (h, w) is the observation."""
        return tuple(self.scale * n + sum(m) for n, m in zip(shape, self.margin))

    def observation(self, picture):
        """Return the observation that a picture file holds, the inverse of :meth:`display`.

        Args:
            picture: NumPy array (h, w, 3), grey levels.

        Raises:
            Unfit: it holds none of this kind.
        """
        return picture

    def laid_out(self, y):
        """Return one observation, a NumPy array (h, w, channels), as it covers the field of view.

        What :meth:`observation` takes; zero where nothing is known.
        """
        return y

    def display(self, y):
        """Return one observation as a picture to look at."""
        return self.laid_out(y)

    def planes(self, y):
        """Return one observation as planes on which neighbours resemble each other.

        What noise is estimated from. A NumPy array (rows, columns, planes), NaN
        where nothing is known.
        """
        return y

"""The same piece of a picture out of several runs, side by side."""

from typing import Any, List, NamedTuple, Tuple

import numpy as np

from dmsp.errors import UserError, nearest
from dmsp.fonts import dejavu_sans
from dmsp.reports.plan import is_choice, levels
from dmsp.reports.runs import is_known
from dmsp.reports.strip import panels

MOST = 4  # runs
SHARE, SIDE = 4.0, 256  # of the shorter side is an automatic frame's, and its most pixels
SCANNED = 1500  # rows or columns that are looked at to place it
INK, SOFT, FRAME = (28, 36, 48), (102, 112, 125), (232, 60, 30)
ZOOM, GAP, TEXT = 232, 12, 15  # pixels


class Panel(NamedTuple):
    """One column: a title, its figures, the piece (h, w, 3) uint8 and the whole picture."""

    title: str
    figures: str
    piece: Any
    whole: Any


class Gallery(NamedTuple):
    """The columns of one picture, and the frame (y, x, h, w) that the pieces are of."""

    picture: str
    frame: Tuple[int, int, int, int]
    panels: List[Panel]
    problem: str


def make(runs, group, picture=None, crop="auto"):
    """Return the :class:`Gallery` of a group's best and other runs on the same observations.

    Where no two have the same, it shows runs on different ones.

    Args:
        runs: :class:`dmsp.reports.runs.Runs`.
        group: number of the group.
        picture: its name; ``None`` for the one on which runs differ most.
        crop: ``auto``, the piece on which runs differ most, or ``y,x,h,w`` in pixels.

    Returns:
        ``None`` where no two runs have pictures on this machine.

    Raises:
        UserError: there is no such picture, or the crop is none or lies outside.
    """
    indices = _chosen(runs, group)
    shared = _shared(runs, indices)
    if picture is not None and indices and picture not in shared:
        raise UserError("--picture={}: no such picture{}".format(picture, nearest(picture, shared)))
    if len(indices) < 2 or not shared:
        return None
    name = picture or max(shared, key=lambda n: _spread(runs, indices, n))
    wholes = [_open(_restored(runs.runs[index].folder, name)) for index in indices]
    if len({whole.shape for whole in wholes}) > 1:
        return None
    y, x, h, w = frame = _frame(wholes, crop)
    together = runs.table["problem"][indices].nunique() == 1
    found = [
        panel._replace(piece=panel.whole[y : y + h, x : x + w])
        for panel in _panels(runs, indices, name, wholes, together)
    ]
    problem = runs.label(indices[0], runs.observed) if together and runs.observed else ""
    return Gallery(name, frame, found, problem)


def draw(gallery):
    """Return a gallery as a picture, uint8: whole pictures with the frame, the pieces below."""
    from PIL import Image, ImageDraw

    y, x, h, w = gallery.frame
    rows, columns = gallery.panels[0].whole.shape[:2]
    whole = ZOOM, max(1, int(round(ZOOM * rows / float(columns))))
    piece = ZOOM, max(1, int(round(ZOOM * h / float(w))))
    top = GAP + 2 * (TEXT + 6)
    size = GAP + len(gallery.panels) * (ZOOM + GAP), top + whole[1] + piece[1] + 2 * GAP
    canvas = Image.new("RGB", size, (255, 255, 255))
    pen = ImageDraw.Draw(canvas)
    scale = ZOOM / float(columns)
    box = [x * scale, y * scale, (x + w) * scale, (y + h) * scale]
    for i, panel in enumerate(gallery.panels):
        left = GAP + i * (ZOOM + GAP)
        pen.text((left, GAP), _fitting(panel.title), INK, dejavu_sans(TEXT))
        pen.text((left, GAP + TEXT + 5), _fitting(panel.figures), SOFT, dejavu_sans(TEXT - 2))
        canvas.paste(Image.fromarray(panel.whole).resize(whole, Image.BICUBIC), (left, top))
        pen.rectangle([box[0] + left, box[1] + top, box[2] + left, box[3] + top], None, FRAME, 2)
        zoomed = Image.fromarray(panel.piece).resize(piece, Image.NEAREST)
        canvas.paste(zoomed, (left, top + whole[1] + GAP))
    return np.asarray(canvas)


def _panels(runs, indices, name, wholes, together):
    """Return the panels of runs, with the degraded picture if they have it together, and the truth.

    The pieces are still to be cut out.
    """
    names = [n for n in runs.swept if not together or n not in runs.observed]
    differing = [n for n in names if runs.table[n][indices].astype(str).nunique() > 1] or names
    restored = [
        Panel(runs.label(i, differing), _figures(runs.pictures(i)[name]), None, whole)
        for i, whole in zip(indices, wholes)
    ]
    degraded, truth = _around(runs, indices[0], name, wholes[0].shape)
    return degraded * together + restored + truth


def _around(runs, index, name, shape):
    """Return the panels of what was degraded and of the truth, as far as a run's strip has them."""
    strip = runs.runs[index].folder / "strips" / (name + ".png")
    if not strip.exists():
        return [], []
    others = panels(_open(strip), shape)
    row = runs.pictures(index)[name]
    base = "{:.2f} dB".format(row["psnr_baseline"]) if "psnr_baseline" in row else ""
    truth = [Panel("truth", name, None, others[2])] if len(others) > 2 else []
    return [Panel("degraded" if truth else "observed", base, None, others[0])], truth


def _fitting(words):
    while dejavu_sans(TEXT).getlength(words) > ZOOM:
        words = words[:-2] + "…"
    return words


def _chosen(runs, group):
    """Return the best run of each choice on one problem, else runs by rank, else one a problem.

    The problem is the first of those that the most runs have.
    """
    table = runs.table[(runs.table["group"] == group) & runs.table["complete"]]
    table = table[[runs.runs[i].folder is not None for i in table.index]]
    counts = table["problem"].value_counts(sort=False).sort_index()
    if counts.max() > 1:
        table = table[table["problem"] == counts.idxmax()]
    table = table.sort_values("psnr", ascending=False)
    index = list(table.index)
    prior = [name for name in runs.swept if name not in runs.observed]
    choices = [name for name in prior if is_choice(levels(runs, table.index, name))]
    best = list(table.loc[index].drop_duplicates(choices).index) if choices else []
    if len(best) < 2:
        best = index
    if len(best) > MOST:  # the best, the worst, and some between
        best = [best[i * (len(best) - 1) // (MOST - 1)] for i in range(MOST)]
    return best


def _shared(runs, indices):
    """Return the names of the pictures that all these runs have on this machine."""
    names = [
        {n for n in runs.pictures(i) if _restored(runs.runs[i].folder, n) is not None}
        for i in indices
    ]
    return sorted(set.intersection(*names)) if names else []


def _restored(folder, name):
    """Return the path of a restored picture whose name came from a table; ``None`` without one."""
    found = (
        [path for path in (folder / "restored").iterdir() if path.stem == name]
        if (folder / "restored").is_dir()
        else []
    )
    return found[0] if found else None


def _spread(runs, indices, name):
    return np.ptp([runs.pictures(i)[name].get("psnr", 0.0) for i in indices])


def _figures(row):
    parts = ["{:.2f} dB".format(row["psnr"])] if is_known(row.get("psnr")) else []
    return ", ".join(parts + (["SSIM {:.3f}".format(row["ssim"])] if "ssim" in row else []))


def _open(path):
    from PIL import Image

    with Image.open(str(path)) as image:
        return np.asarray(image.convert("RGB"))


def _frame(wholes, crop):
    rows, columns = wholes[0].shape[:2]
    if crop == "auto":
        return disagreement(wholes)
    try:
        y, x, h, w = (int(part) for part in str(crop).split(","))
    except ValueError:
        raise UserError(
            "--crop={}: give auto or y,x,h,w in pixels, such as 40,60,64,64".format(crop)
        ) from None
    if min(y, x) < 0 or min(h, w) < 1 or y + h > rows or x + w > columns:
        raise UserError(
            "--crop={}: outside the picture of {} rows and {} columns".format(crop, rows, columns)
        )
    return y, x, h, w


def disagreement(wholes):
    """Return the square frame (y, x, h, w) where pictures differ most, a quarter of a side wide.

    In large photographs it is smaller, and only every so many rows and columns are looked at.

    Args:
        wholes: pictures of one shape (H, W, 3).
    """
    rows, columns = wholes[0].shape[:2]
    side = min(max(8, int(min(rows, columns) / SHARE)), SIDE, rows, columns)
    step = -(-max(rows, columns) // SCANNED)
    looked_at = np.asarray([whole[::step, ::step] for whole in wholes], np.float32)
    variance = np.var(looked_at, axis=0).mean(axis=2)
    h = w = max(1, side // step)
    total = np.pad(variance.astype(np.float64).cumsum(0).cumsum(1), ((1, 0), (1, 0)), "constant")
    sums = total[h:, w:] - total[:-h, w:] - total[h:, :-w] + total[:-h, :-w]
    y, x = np.unravel_index(np.argmax(sums), sums.shape)
    return min(int(y) * step, rows - side), min(int(x) * step, columns - side), side, side

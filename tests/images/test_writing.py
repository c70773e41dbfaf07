"""Restored pictures in the form of the files that they came from."""

import functools

import numpy as np
import png
import pytest
import tifffile
from PIL import Image, ImageCms

from dmsp import images
from dmsp.errors import UserError
from dmsp.levels import to_uint8

RNG = np.random.RandomState(0)
COLOUR = RNG.randint(0, 256, (6, 9, 4)).astype(np.uint8)
DEEP = RNG.randint(0, 65536, (6, 9, 4)).astype(np.uint16)
ICC_TAG = 34675


@functools.lru_cache(maxsize=None)  # as it names the second in which it was made
def profile():
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def write_deep_png(path, values):
    """Write uint16 (H, W, 2 to 4), which Pillow cannot."""
    rows, columns, channels = values.shape
    writer = png.Writer(
        columns, rows, bitdepth=16, greyscale=channels == 2, alpha=channels in (2, 4)
    )
    with open(str(path), "wb") as file:
        writer.write(file, values.reshape(rows, -1).tolist())


def write(path, kind):
    """Write a picture of a kind; return what a file of it holds, as restored exactly."""
    if kind.startswith("png16"):
        values = DEEP[..., : int(kind[-1])]
        write_deep_png(path, values)
        return values
    if kind.startswith("tif"):
        values = {"tif8": COLOUR, "tif16": DEEP, "tif32": (DEEP / 65535.0).astype(np.float32)}
        values = values[kind.split("-")[0]]
        values = values[..., 0] if kind.endswith("grey") else values[..., :3]
        tags = [(ICC_TAG, "B", len(profile()), profile(), True)]
        if kind.endswith("grey"):
            tags = []
        style = "minisblack" if kind.endswith("grey") else "rgb"
        tifffile.imwrite(str(path), values, photometric=style, extratags=tags)
        return values
    image = Image.fromarray(COLOUR if kind in ("RGBA", "LA") else COLOUR[..., :3])
    image = Image.fromarray(DEEP[..., 0]) if kind == "I;16" else image.convert(kind)
    image.save(str(path))
    return np.asarray(image.convert("RGB") if kind == "P" else image)


def restored(folder):
    """Read the one picture of a folder and save it as it is; return the path of the copy."""
    source = images.observed(str(folder))
    picture = source.load(source.entries()[0])
    images.save(folder / "out" / picture.name, picture.pixels, picture.form)
    (path,) = (folder / "out").iterdir()
    return path, picture


def values_in(path):
    if path.suffix == ".tif":
        return tifffile.imread(str(path))
    columns, rows, lines, info = png.Reader(filename=str(path)).asDirect()
    kind = np.uint16 if info["bitdepth"] == 16 else np.uint8
    values = np.vstack([np.asarray(line, kind) for line in lines])
    return values.reshape(rows, columns, -1).squeeze()


@pytest.mark.parametrize("pixels", [2**22, 36], ids=["at once", "four rows at a time"])
@pytest.mark.parametrize(
    "name, kind, note",
    [
        ("a.png", "RGB", ""),
        ("a.png", "RGBA", "alpha kept"),
        ("a.png", "L", "grey"),
        ("a.png", "LA", "grey, alpha kept"),
        ("a.png", "P", "palette, saved as RGB"),
        ("a.png", "I;16", "16 bits, grey"),
        ("a.png", "png16-2", "16 bits, grey, alpha kept"),
        ("a.png", "png16-3", "16 bits"),
        ("a.png", "png16-4", "16 bits, alpha kept"),
        ("a.tif", "tif8", ""),
        ("a.tif", "tif16", "16 bits"),
        ("a.tif", "tif16-grey", "16 bits, grey"),
        ("a.tif", "tif32-grey", "floating point, grey"),
    ],
)
def test_what_a_file_is_stays(name, kind, note, pixels, tmp_path, monkeypatch):
    monkeypatch.setattr("dmsp.images.form.PIXELS", pixels)
    (tmp_path / "out").mkdir()
    expected = write(tmp_path / name, kind)
    path, picture = restored(tmp_path)
    assert (path.name, picture.note) == (name, note)
    found = values_in(path)
    assert found.dtype == expected.dtype and found.shape == expected.shape
    np.testing.assert_allclose(found, expected, atol=1e-6 if found.dtype == np.float32 else 0)
    if kind in ("RGB", "RGBA", "L", "LA"):
        with Image.open(str(path)) as image:
            assert image.mode == kind
            np.testing.assert_array_equal(np.asarray(image), expected)
    if kind in ("tif8", "tif16"):
        with tifffile.TiffFile(str(path)) as file:
            assert bytes(file.pages[0].tags[ICC_TAG].value) == profile()


def test_a_photograph_keeps_its_profile_and_stands_upright(tmp_path):
    (tmp_path / "out").mkdir()
    image = Image.fromarray(COLOUR[..., :3])
    exif = image.getexif()
    exif[274], exif[271] = 6, "Maker"
    image.save(str(tmp_path / "Käse 1.jpg"), exif=exif, icc_profile=profile(), quality=100)
    path, picture = restored(tmp_path)
    assert path.name == "Käse 1.png"
    with Image.open(str(tmp_path / "Käse 1.jpg")) as image:
        upright = np.rot90(np.asarray(image), 3)
    with Image.open(str(path)) as image:
        np.testing.assert_array_equal(np.asarray(image), upright)
        assert image.info["icc_profile"] == profile()
        assert image.getexif()[271] == "Maker" and image.getexif()[274] == 1


def test_exif_that_is_garbage_is_left_out(tmp_path):
    (tmp_path / "out").mkdir()
    image = Image.fromarray(COLOUR[..., :3])
    image.save(str(tmp_path / "a.jpg"), exif=b"Exif\x00\x00this is none", quality=100)
    path, picture = restored(tmp_path)
    assert picture.pixels.shape == (6, 9, 3)
    with Image.open(str(path)) as image:
        assert "exif" not in image.info


def test_a_profile_for_other_channels_is_left_out(tmp_path):
    (tmp_path / "out").mkdir()
    image = Image.fromarray(COLOUR).convert("CMYK")
    image.save(str(tmp_path / "a.jpg"), icc_profile=b"\0" * 16 + b"CMYK" + b"\0" * 200)
    path, picture = restored(tmp_path)
    assert picture.note == "CMYK, saved as RGB"
    with Image.open(str(path)) as image:
        assert image.mode == "RGB" and "icc_profile" not in image.info


def test_transparency_is_enlarged_with_the_picture(tmp_path):
    alpha = np.full((4, 5), 200, np.uint8)
    form = images.Form(alpha=alpha)
    (values,) = form.encoded(np.zeros((8, 10, 3), np.float32))
    assert values.shape == (8, 10, 4) and (values[..., 3] == 200).all()
    assert form.cropped(1, 2, (2, 3)).alpha.shape == (2, 3)


def test_grey_in_colour_out_where_asked_for():
    grey = images.Form(grey=True, dtype=np.uint16, unit=257.0)
    picture = np.arange(18.0, dtype=np.float32).reshape(2, 3, 3)
    (values,) = grey.encoded(picture)
    np.testing.assert_array_equal(values, np.rint(257 * picture.mean(axis=2)))
    (values,) = grey.coloured().encoded(picture)
    np.testing.assert_array_equal(values, np.rint(257 * picture))


def test_write_png(picture, tmp_path):
    images.write_png(tmp_path / "a.png", picture)
    with Image.open(str(tmp_path / "a.png")) as image:
        np.testing.assert_array_equal(np.asarray(image), to_uint8(picture))
    with pytest.raises(UserError, match="cannot be written"):
        images.write_png(tmp_path / "no" / "a.png", picture)


def test_nothing_is_left_of_a_file_that_could_not_be_written(picture, tmp_path, monkeypatch):
    images.write_png(tmp_path / "a.png", picture)
    before = (tmp_path / "a.png").read_bytes()

    def full(file, chunks):
        file.write(b"begun")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(png, "write_chunks", full)
    with pytest.raises(UserError, match="No space left"):
        images.write_png(tmp_path / "a.png", picture)
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    assert (tmp_path / "a.png").read_bytes() == before

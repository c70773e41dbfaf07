"""Pictures of every kind, good and bad."""

import numpy as np
import png
import pytest
import tifffile
from PIL import Image

from dmsp import images
from dmsp.errors import UserError
from dmsp.images import Unreadable


def only(path, **options):
    """Return the single picture of a path."""
    source = images.folder(str(path), **options)
    return source.load(source.entries()[0])


@pytest.fixture
def rgb():
    return np.random.RandomState(0).randint(0, 256, (6, 9, 3)).astype(np.uint8)


def test_sample_pictures_are_there_and_colourful():
    source = images.sample(resize=64)
    pictures = [source.load(entry) for entry in source.entries()]
    assert [p.name for p in pictures] == ["astronaut", "chelsea", "coffee", "rocket"]
    for picture, entry in zip(pictures, source.entries()):
        assert picture.pixels.dtype == np.float32
        assert picture.pixels.shape == entry.shape + (3,)
        assert max(entry.shape) == 64
        assert picture.pixels.min() >= 0 and picture.pixels.max() <= 255
        assert picture.pixels.std(axis=2).mean() > 5


def test_colour_is_read_as_it_is(rgb, tmp_path):
    Image.fromarray(rgb).save(str(tmp_path / "a.png"))
    picture = only(tmp_path)
    np.testing.assert_array_equal(picture.pixels, rgb)
    assert (picture.name, picture.note) == ("a", "")


@pytest.mark.parametrize(
    "mode, note",
    [
        ("L", "grey"),
        ("P", "palette"),
        ("RGBA", "alpha"),
        ("LA", "alpha"),
        ("CMYK", "CMYK"),
        ("1", "black"),
    ],
)
def test_other_modes_are_converted_and_said(mode, note, rgb, tmp_path):
    name = "a.tif" if mode == "CMYK" else "a.png"
    Image.fromarray(rgb).convert(mode).save(str(tmp_path / name))
    picture = only(tmp_path)
    assert picture.pixels.shape == (6, 9, 3)
    assert note in picture.note


def test_sixteen_bits_lose_nothing(tmp_path):
    deep = np.random.RandomState(0).randint(0, 65536, (5, 7, 3)).astype(np.uint16)
    with open(str(tmp_path / "rgb.png"), "wb") as file:
        png.Writer(7, 5, bitdepth=16, greyscale=False).write(file, deep.reshape(5, -1).tolist())
    Image.fromarray(deep[..., 0]).save(str(tmp_path / "grey.png"))
    tifffile.imwrite(str(tmp_path / "tiff.tif"), deep)
    source = images.folder(str(tmp_path))
    pictures = {entry.name: source.load(entry) for entry in source.entries()}
    np.testing.assert_allclose(pictures["rgb"].pixels, deep / 257.0, atol=1e-4)
    np.testing.assert_allclose(pictures["tiff"].pixels, deep / 257.0, atol=1e-4)
    np.testing.assert_allclose(pictures["grey"].pixels[..., 2], deep[..., 0] / 257.0, atol=1e-4)
    assert all("16 bits" in picture.note for picture in pictures.values())


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied(orientation, rgb, tmp_path):
    image = Image.fromarray(rgb)
    exif = image.getexif()
    exif[274] = orientation
    image.save(str(tmp_path / "a.png"), exif=exif)
    from PIL import ImageOps

    upright = np.asarray(ImageOps.exif_transpose(Image.open(str(tmp_path / "a.png"))))
    source = images.folder(str(tmp_path))
    assert source.entries()[0].shape == upright.shape[:2]
    np.testing.assert_array_equal(only(tmp_path).pixels, upright)


def test_one_pixel(tmp_path):
    Image.new("RGB", (1, 1), (1, 2, 3)).save(str(tmp_path / "a.png"))
    np.testing.assert_array_equal(only(tmp_path).pixels, [[[1, 2, 3]]])


def test_broken_files_are_named_and_left_out(rgb, tmp_path):
    Image.fromarray(rgb).save(str(tmp_path / "good.png"))
    (tmp_path / "text.jpg").write_text("no picture")
    (tmp_path / "empty.png").write_bytes(b"")
    large = np.random.RandomState(0).randint(0, 255, (64, 64, 3)).astype(np.uint8)
    Image.fromarray(large).save(str(tmp_path / "cut.png"))
    cut = (tmp_path / "cut.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(cut[: len(cut) // 2])
    source = images.folder(str(tmp_path))
    entries = source.entries()
    assert [entry.name for entry in entries] == ["cut", "good"]
    assert sorted(s.path.rsplit("/")[-1] for s in source.skipped) == ["empty.png", "text.jpg"]
    with pytest.raises(Unreadable, match="is broken"):
        source.load(entries[0])


def test_missing_and_empty_folders(tmp_path):
    with pytest.raises(UserError, match="data.path is missing"):
        images.folder(None)
    with pytest.raises(UserError, match="no such folder"):
        images.folder(str(tmp_path / "nowhere"))
    with pytest.raises(UserError, match="no picture matches"):
        images.folder(str(tmp_path))
    (tmp_path / "a.png").write_text("no picture")
    with pytest.raises(UserError, match="none of its 1 files"):
        images.folder(str(tmp_path)).entries()


def test_names_are_clean_and_unique(rgb, tmp_path):
    (tmp_path / "in").mkdir()
    for name in ("a b;c.png", "x.png", "x.bmp", "in/x.png", "..hidden.png"):
        Image.fromarray(rgb).save(str(tmp_path / name))
    names = [entry.name for entry in images.folder(str(tmp_path), glob="**/*").entries()]
    assert sorted(names) == ["a_b_c", "hidden", "in_x", "x", "x_png"]


def test_resize_crop_limit_and_shard(tmp_path):
    for i in range(5):
        Image.new("RGB", (40, 20), (i, 0, 0)).save(str(tmp_path / "{}.png".format(i)))

    def entries(**options):
        return images.folder(str(tmp_path), **options).entries()

    assert entries(resize=10)[0].shape == (5, 10)
    assert entries(resize=[18, 18])[0].shape == (18, 18)
    assert entries(crop=16)[0].shape == (16, 16)
    assert entries(crop=[30, 8])[0].shape == (20, 8)
    assert [e.name for e in entries(limit=2)] == ["0", "1"]
    parts = [[e.name for e in entries(shard="{}/2".format(i))] for i in (1, 2)]
    assert parts == [["0", "2", "4"], ["1", "3"]]
    assert only(tmp_path, resize=10).pixels.shape == (5, 10, 3)
    for option in ({"shard": "3/2"}, {"resize": -1}, {"crop": "x"}):
        with pytest.raises(UserError, match="data."):
            entries(**option)


def test_the_berkeley_set(tmp_path):
    for split, count in (("train", 2), ("test", 3)):
        below = tmp_path / "images" / split
        below.mkdir(parents=True)
        for i in range(count):
            Image.new("RGB", (48 - 16 * (i % 2), 32 + 16 * (i % 2))).save(
                str(below / "{}.jpg".format(i))
            )
    test = images.bsds300(str(tmp_path))
    assert test.name == "BSDS300 test"
    assert [e.shape for e in test.entries()] == [(32, 48), (48, 32), (32, 48)]
    published = images.bsds300(str(tmp_path), limit=2, resize=18)
    assert [e.shape for e in published.entries()] == [(18, 18), (18, 18)]
    assert len(images.bsds300(str(tmp_path), split="train", resize=[9, 8]).entries()) == 2
    with pytest.raises(UserError, match="data.split=val: no such choice"):
        images.bsds300(str(tmp_path), split="val")
    with pytest.raises(UserError, match="name the folder BSDS300 itself"):
        images.bsds300(str(tmp_path / "images" / "test"))


def test_crop_is_central(tmp_path):
    pixels = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)
    Image.fromarray(pixels).save(str(tmp_path / "a.png"))
    np.testing.assert_array_equal(only(tmp_path, crop=3).pixels, pixels[1:4, 2:5])


def test_batches_hold_one_shape():
    entries = [images.Entry(str(i), "", (2, 3) if i % 2 else (3, 2)) for i in range(5)]
    groups = [[entry.name for entry in batch] for batch in images.batches(entries, 2)]
    assert groups == [["0", "2"], ["4"], ["1", "3"]]


def test_digest_follows_names_and_bytes(rgb, tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(rgb).save(str(path))
    first = images.folder(str(tmp_path)).digest()
    assert images.folder(str(tmp_path)).digest() == first
    path.rename(tmp_path / "b.png")
    assert images.folder(str(tmp_path)).digest() != first

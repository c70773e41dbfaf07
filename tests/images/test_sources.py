"""Pictures of every kind, good and bad."""

import os

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


def test_a_jpeg_says_how_far_it_was_compressed(rgb, tmp_path):
    steps = [[4] * 32 + [9] * 32, [50] * 64]
    Image.fromarray(rgb).save(str(tmp_path / "steps.jpg"), qtables=steps)
    Image.fromarray(rgb).convert("L").save(str(tmp_path / "grey.jpg"), quality=75)
    Image.fromarray(rgb).save(str(tmp_path / "plain.png"))
    source = images.observed(str(tmp_path))
    found = {entry.name: source.load(entry).form.compression for entry in source.entries()}
    assert found == {
        "steps": pytest.approx(6**0.5),
        "grey": pytest.approx(4.78, rel=0.01),
        "plain": 0.0,
    }


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
    tifffile.imwrite(str(tmp_path / "dark.tif"), 65535 - deep[..., 0], photometric="miniswhite")
    source = images.folder(str(tmp_path))
    pictures = {entry.name: source.load(entry) for entry in source.entries()}
    np.testing.assert_allclose(pictures["rgb"].pixels, deep / 257.0, atol=1e-4)
    np.testing.assert_allclose(pictures["tiff"].pixels, deep / 257.0, atol=1e-4)
    for grey in (pictures["grey"], pictures["dark"]):
        np.testing.assert_allclose(grey.pixels[..., 2], deep[..., 0] / 257.0, atol=1e-4)
    assert all("16 bits" in picture.note for picture in pictures.values())


@pytest.mark.parametrize("name", ["a.png", "a.tif", "deep.tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied(orientation, name, rgb, tmp_path):
    image = Image.fromarray(rgb)
    exif = image.getexif()
    exif[274] = orientation
    image.save(str(tmp_path / name), exif=exif)
    image.save(str(tmp_path / "a.png"), exif=exif)
    from PIL import ImageOps

    upright = np.asarray(ImageOps.exif_transpose(Image.open(str(tmp_path / "a.png"))))
    if name == "deep.tif":
        tags = [(274, "H", 1, orientation, True)]
        values = 257 * rgb.astype(np.uint16)
        tifffile.imwrite(str(tmp_path / name), values, photometric="rgb", extratags=tags)
    source = images.folder(str(tmp_path / name))
    assert source.entries()[0].shape == upright.shape[:2]
    np.testing.assert_array_equal(only(tmp_path / name).pixels, upright)


@pytest.mark.parametrize("white", [1, 255, 65535])
def test_floating_point_says_by_its_values_what_is_white(white, rgb, tmp_path):
    over = 1.2 * rgb.astype(np.float32) / 255  # what a filter has sharpened goes beyond
    tifffile.imwrite(str(tmp_path / "rgb.tif"), over * white, photometric="rgb")
    tifffile.imwrite(str(tmp_path / "grey.tif"), over[..., 0] * white)
    source = images.folder(str(tmp_path))
    grey, colour = source.entries()
    assert (grey.grey, colour.grey) == (True, False)
    expected = np.minimum(255, 1.2 * rgb)
    np.testing.assert_allclose(source.load(colour).pixels, expected, atol=1e-3)
    np.testing.assert_allclose(source.load(grey).pixels[..., 1], expected[..., 0], atol=1e-3)


@pytest.mark.parametrize(
    "values, message",
    [
        (np.full((6, 9, 3), np.nan, np.float32), "not finite"),
        (np.full((6, 9, 3), 1e9, np.float32), "values up to 1e[+]09"),
        (np.full((6, 9), -1, np.int32), "whole numbers beyond 0 to 65535"),
        (np.full((6, 9, 5), 7, np.uint16), "has 5 channels"),
    ],
)
def test_values_that_are_no_grey_levels(values, message, tmp_path):
    kind = {"photometric": "minisblack", "planarconfig": "contig"} if values.ndim == 3 else {}
    tifffile.imwrite(str(tmp_path / "a.tif"), values, **kind)
    with pytest.raises(Unreadable, match=message):
        images.read(tmp_path / "a.tif")


@pytest.mark.parametrize("name", ["a.gif", "a.tif", "a.webp"])
def test_of_several_pictures_in_a_file_the_first_is_taken_and_it_is_said(name, rgb, tmp_path):
    first, second = Image.fromarray(rgb), Image.fromarray(255 - rgb)
    first.save(str(tmp_path / name), save_all=True, append_images=[second], lossless=True)
    picture = only(tmp_path)
    assert "the first of 2 pictures" in picture.note
    assert np.abs(picture.pixels - rgb).mean() < 20


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
    with open(str(tmp_path / "deep.png"), "wb") as file:
        png.Writer(64, 64, bitdepth=16, greyscale=False).write(file, large.reshape(64, -1).tolist())
        file.seek(900)
        file.write(b"no such checksum")
    (tmp_path / "link.png").symlink_to(tmp_path / "nowhere.png")
    (tmp_path / "folder.png").mkdir()
    source = images.folder(str(tmp_path))
    assert len(source.digest()) == 64
    cut, deep, good = source.entries()
    assert [cut.name, deep.name, good.name] == ["cut", "deep", "good"]
    assert [s.name for s in source.skipped] == ["empty.png", "link.png", "text.jpg"]
    assert source.skipped[1].reason == "cannot be read: No such file or directory"
    for entry in (cut, deep):
        with pytest.raises(Unreadable, match="is broken"):
            source.load(entry)


def test_a_file_that_changed_since_its_header_was_read_is_left_out(rgb, tmp_path):
    Image.fromarray(rgb).save(str(tmp_path / "a.png"))
    source = images.folder(str(tmp_path))
    (entry,) = source.entries()
    Image.fromarray(rgb[:4]).save(str(tmp_path / "a.png"))
    with pytest.raises(Unreadable, match="has 4 x 9 pixels"):
        source.load(entry)


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
    for name in ("a b;c.png", "x.png", "x.bmp", "in/x.png", "..hidden.png", "Käse <b>图.png"):
        Image.fromarray(rgb).save(str(tmp_path / name))

    def names(shard=None):
        source = images.folder(str(tmp_path), glob="**/*", shard=shard)
        return [entry.name for entry in source.entries()]

    assert sorted(names()) == ["Käse_b_图", "a_b_c", "hidden", "in_x", "x_bmp", "x_png"]
    # The parts of a set call its pictures what the whole does.
    assert sorted(sum([names("{}/6".format(i)) for i in range(1, 7)], [])) == sorted(names())
    with pytest.raises(UserError, match="data.shard=7/8: empty, of 6 pictures; give fewer parts"):
        names("7/8")


def test_any_name_that_a_file_can_have(rgb, tmp_path):
    broken = ["x.png", "two\nlines.png", os.fsdecode(b"\xff.png")]
    for name in ["x.png.png", "Käse 100%.png", "z" * 251 + ".png"] + broken:
        try:
            (tmp_path / name).write_bytes(b"")
        except OSError:
            continue  # a file system that takes no such name
        if name not in broken:
            Image.fromarray(rgb).save(str(tmp_path / name))
    source = images.observed(str(tmp_path))
    names = [entry.name for entry in source.entries()]
    assert len(source.digest()) == 64
    # What is left out is listed beside what is done, so the two have names of their own.
    assert names == ["Käse 100%", "x.png_2", "z" * 230]
    labels = [skipped.name for skipped in source.skipped]
    assert {"x.png", "two_lines.png"} <= set(labels)
    assert all(label.encode("utf-8").isascii() and label.isprintable() for label in labels)


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

"""Collect photographs for training: every JPEG below some folders, reduced to sharp pixels."""

import argparse
import os

from PIL import Image

# A camera's pixels are interpolated and its JPEG's colours half as fine: reduced to half the
# sides or less, they are as sharp as the pixels of a test set.
MOST = 0.5


def main():
    """Write the reduced pictures and say how many there are."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+")
    parser.add_argument("--out", required=True)
    parser.add_argument("--side", type=int, default=1024, help="longest side, pixels")
    parser.add_argument("--smallest", type=int, default=1600, help="longest side of a source")
    parser.add_argument("--skip", nargs="*", default=["screenshot"], help="parts of names left out")
    options = parser.parse_args()
    os.makedirs(options.out, exist_ok=True)
    paths = sorted(found(options.folders, options.skip))
    written = sum(reduce(path, index, options) for index, path in enumerate(paths))
    print("{} pictures in {}".format(written, options.out))


def found(folders, skip):
    """Yield the paths of the JPEG files below the folders, links left out."""
    for folder in folders:
        for place, _, names in os.walk(folder):
            for name in names:
                path = os.path.join(place, name)
                unwanted = any(part in path for part in skip) or os.path.islink(path)
                if name.lower().endswith((".jpg", ".jpeg")) and not unwanted:
                    yield path


def reduce(path, index, options):
    """Write one picture reduced; return whether it was large enough."""
    with Image.open(path) as image:
        if max(image.size) < options.smallest:
            return False
        scale = min(MOST, options.side / max(image.size))
        sides = [int(round(scale * side)) for side in image.size]
        image = image.convert("RGB").resize(sides, Image.LANCZOS)
    stem = os.path.splitext(os.path.basename(path))[0]
    name = "{:03d}_{}.jpg".format(index, stem)
    image.save(os.path.join(options.out, name), quality=95, subsampling=0)
    return True


if __name__ == "__main__":
    main()

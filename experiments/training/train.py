"""Train denoisers of the bundled kind on a GPU, in minutes: PyTorch, NumPy and Pillow alone.

The networks, the noise and the loss are those of ``task=train_denoiser``; the file that
comes out is one of :mod:`dmsp.denoisers.storage`. The learning rate follows the clock, so
that a training ends when it must, whatever the speed of the card.
"""

import argparse
import copy
import json
import math
import os
import time

import numpy as np
import torch
from augmentation import Patches, luma, read, split
from torch.nn import functional
from torch_networks import UNet, stored

SCALE = 255.0
SIGMA_MAX, LOW_SIGMA = 55.0, 15.0
VALIDATION_LEVELS = (5, 15, 25, 50)
PLACES = ("pictures", "more", "out", "start", "device")


def main():
    """Train one network; its weights and what was measured go to ``--out``."""
    options = parse()
    torch.manual_seed(options.seed)
    torch.backends.cudnn.benchmark = True
    training, validation = split(read(options.pictures), options.holdout)
    training += read(options.more).values()
    patches = Patches(training, options, torch.device(options.device))
    sizes = {"channels": options.channels, "blocks": options.blocks, "unshuffle": 2}
    net = UNet(**sizes)
    if options.start:
        net.set_arrays(stored(options.start)[1])
    net = net.to(options.device, memory_format=torch.channels_last)
    average, facts = train(net, patches, options)
    facts.update(
        begun_with=os.path.basename(options.start or "") or None,
        options={key: value for key, value in vars(options).items() if key not in PLACES},
        pictures=len(training),
        validation=validate(average, validation, options),
    )
    save(options.out, dict(sizes, kind="unet"), average.arrays(), facts)
    print(json.dumps(facts), flush=True)


def parse():
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pictures", nargs="+", help="folders of pictures")
    parser.add_argument("--more", nargs="*", default=[], help="folders with none held out")
    parser.add_argument("--out", required=True, help="the weights to write, .npz")
    parser.add_argument("--seconds", type=float, default=600, help="of training")
    parser.add_argument("--channels", type=int, nargs="+", default=[80, 112, 144])
    parser.add_argument("--blocks", type=int, nargs="+", default=[2, 2, 2])
    parser.add_argument("--start", help="weights to begin with, .npz")
    parser.add_argument("--batch", type=int, default=64, help="patches of a step")
    parser.add_argument("--patch", type=int, default=128, help="their side, pixels")
    parser.add_argument("--rate", type=float, default=1e-3, help="peak learning rate")
    parser.add_argument("--colour", type=float, default=0.3, help="share with other colours")
    parser.add_argument("--grey", type=float, default=0.0, help="share of grey patches")
    parser.add_argument("--reduced", type=float, default=0.4, help="share from reduced pictures")
    parser.add_argument("--low-share", type=float, default=0.3, help="share of little noise")
    parser.add_argument("--squares", type=float, default=0.4, help="last share, of squared errors")
    parser.add_argument("--average", type=float, default=0.999, help="decay of the mean weights")
    parser.add_argument("--holdout", type=int, default=12, help="pictures kept for validation")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cuda")
    return parser.parse_args()


def save(path, architecture, arrays, facts):
    """Write a weights file, float16."""
    text = json.dumps(dict(facts, architecture=architecture, sigma=None), sort_keys=True)
    arrays = {name: value.astype(np.float16) for name, value in arrays.items()}
    with open(path + ".part", "wb") as stream:
        np.savez(stream, metadata=np.array(text), **arrays)
    os.replace(path + ".part", path)


def train(net, patches, options):
    """Return the moving average of the trained network, and facts about the training."""
    step = Step(net, patches, options)
    if options.device == "cuda":
        step.capture()
    count, begin, reported = 0, time.time(), 0.0
    while True:
        elapsed = time.time() - begin
        part = elapsed / options.seconds
        if part >= 1.0:
            break
        half_cosine = 0.5 * (1.0 + math.cos(math.pi * part))
        step.run(
            rate=options.rate * min(1.0, (count + 1) / 300.0) * half_cosine,
            decay=min(options.average, (1.0 + count) / (10.0 + count)),
            squares=float(part > 1.0 - options.squares),
        )
        count += 1
        # Without it the host runs ahead of the clock that the learning rate follows.
        if count % 20 == 0:
            step.losses.item()
        if elapsed - reported > 15:
            mean = step.losses.item() / count
            print("{:.0f} s, step {}: loss {:.4f}".format(elapsed, count, mean), flush=True)
            reported = elapsed
    seconds = time.time() - begin
    pixels = count * options.batch * options.patch**2
    print("{:.0f} megapixels a second".format(pixels / seconds / 1e6), flush=True)
    facts = {"steps": count, "seconds": round(seconds, 1), "megapixels": pixels // 10**6}
    return step.average, facts


class Step:
    """A step of the training: patches, noise, loss, Adam and the weights' moving average.

    Everything happens on the device, so that it can be captured in one CUDA graph: launched
    one by one, the thousand small kernels of a step take longer than they compute.
    """

    def __init__(self, net, patches, options):
        self.net, self.patches, self.options = net, patches, options
        self.average = copy.deepcopy(net).requires_grad_(False)
        values = {"rate": 0.0, "decay": 1.0, "squares": 0.0, "losses": 0.0}
        for name, value in values.items():
            setattr(self, name, torch.tensor(value, device=options.device))
        on_gpu = options.device == "cuda"
        self.adam = torch.optim.Adam(
            net.parameters(), lr=self.rate, fused=on_gpu, capturable=on_gpu
        )
        self.graph = None

    def capture(self):
        """Record the step as a CUDA graph; the steps before it change nothing (rate 0)."""
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(4):
                self._compute()
        torch.cuda.current_stream().wait_stream(stream)
        self.graph = torch.cuda.CUDAGraph()
        self.adam.zero_grad()
        with torch.cuda.graph(self.graph):
            self._compute()
        self.losses.zero_()

    def run(self, rate, decay, squares):
        """Take a step with this learning rate, decay of the average and kind of loss."""
        self.rate.fill_(rate)
        self.decay.fill_(decay)
        self.squares.fill_(squares)
        self.graph.replay() if self.graph else self._compute()

    def _compute(self):
        self.adam.zero_grad()
        loss = self._loss()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0, foreach=True)
        self.adam.step()
        for mean, weights in zip(self.average.parameters(), self.net.parameters()):
            mean.lerp_(weights.detach(), 1.0 - self.decay)
        self.losses += loss.detach()

    def _loss(self):
        """Return the loss of one batch.

        ``mean(|r(x + σ n, σ) − x| w)``, ``w = (σ + 3)^-0.6``, or at the end of the training
        ``mean((r(x + σ n, σ) − x)² w²)``, which PSNR measures. In grey patches the noise is
        the same in all three channels, and √3 σ is told.
        """
        clean, grey = self.patches.batch()
        count, device = len(clean), clean.device
        low = torch.rand(count, 1, 1, 1, device=device) < self.options.low_share
        limit = torch.where(low, LOW_SIGMA, SIGMA_MAX)
        sigma = torch.rand(count, 1, 1, 1, device=device) * limit
        noise = torch.randn_like(clean)
        noise = torch.where(grey, noise[:, :1], noise)
        told = sigma * torch.where(grey, math.sqrt(3.0), 1.0)
        with torch.autocast(device.type, torch.bfloat16, cache_enabled=False):
            restored = denoise(self.net, clean + sigma * noise, told)
        error = (restored - clean) * (sigma + 3.0) ** -0.6
        absolute, square = error.abs().mean(), error.square().mean()
        return absolute + self.squares * (square - absolute)


def denoise(net, x, sigma):
    """Return r(x, σ); all in grey levels."""
    return SCALE * net(x / SCALE, sigma / SCALE)


def validate(net, pictures, options):
    """Return the PSNR of the pictures' centres by noise level, dB, rounded to grey levels."""
    found = {}
    grey = options.grey == 1.0
    for level in VALIDATION_LEVELS:
        generator = torch.Generator(options.device).manual_seed(1)
        values = []
        for picture in pictures:
            x = torch.from_numpy(centre(picture, 320)).to(options.device, torch.float32)
            x = x.permute(2, 0, 1)[None]
            if grey:
                x = luma(x).expand_as(x)
            noise = torch.randn(x.shape, generator=generator, device=options.device)
            noise = noise[:, :1].expand_as(noise) if grey else noise
            told = level * (math.sqrt(3.0) if grey else 1.0)
            with torch.no_grad():
                restored = denoise(net, x + level * noise, torch.tensor(told, device=x.device))
            error = functional.mse_loss(restored.clamp(0, 255).round(), x).item()
            values.append(10.0 * math.log10(SCALE**2 / error))
        found[str(level)] = round(float(np.mean(values)), 3)
    return found


def centre(picture, side):
    """Return the centre of a picture, at most ``side`` pixels long."""
    corner = [max(0, (length - side) // 2) for length in picture.shape[:2]]
    return picture[corner[0] : corner[0] + side, corner[1] : corner[1] + side]


if __name__ == "__main__":
    main()

"""PyTorch's networks against PyTorch, where it is installed."""

import numpy as np
import pytest

from dmsp import denoisers
from tests.denoisers.test_matconvnet import picture
from tests.denoisers.test_pytorch import BLOCKS, drunet, kair, run

torch = pytest.importorskip("torch")
nn = torch.nn


def network(tensors):
    """Return PyTorch's own network for these tensors, a function of x and the noise map."""

    def conv(name, transposed=False, stride=1):
        weight = tensors[name + ".weight"]
        kind = nn.ConvTranspose2d if transposed else nn.Conv2d
        channels = weight.shape[:2] if transposed else weight.shape[1::-1]
        padding = 0 if stride == 2 else 1
        bias = name + ".bias" in tensors
        return kind(*channels, weight.shape[2], stride, padding, bias=bias)

    class Block(nn.Module):
        def __init__(self, prefix):
            super().__init__()
            self.res = nn.Sequential(conv(prefix + ".res.0"), nn.ReLU(), conv(prefix + ".res.2"))

        def forward(self, h):
            return h + self.res(h)

    class UNetRes(nn.Module):
        def __init__(self):
            super().__init__()
            self.m_head, self.m_tail = conv("m_head"), conv("m_tail")
            for level in (1, 2, 3):
                down, up = "m_down{}".format(level), "m_up{}".format(level)
                blocks = [Block("{}.{}".format(down, block)) for block in range(BLOCKS)]
                reduce = conv("{}.{}".format(down, BLOCKS), stride=2)
                setattr(self, down, nn.Sequential(*blocks, reduce))
                blocks = [Block("{}.{}".format(up, 1 + block)) for block in range(BLOCKS)]
                setattr(self, up, nn.Sequential(conv(up + ".0", True, 2), *blocks))
            self.m_body = nn.Sequential(*(Block("m_body.{}".format(b)) for b in range(BLOCKS)))

        def forward(self, x, level):
            x1 = self.m_head(torch.cat([x, level], 1))
            x2 = self.m_down1(x1)
            x3 = self.m_down2(x2)
            x4 = self.m_down3(x3)
            h = self.m_up3(self.m_body(x4) + x4)
            return self.m_tail(self.m_up1(self.m_up2(h + x3) + x2) + x1)

    class FFDNet(nn.Module):
        def __init__(self):
            super().__init__()
            names = sorted({name.rpartition(".")[0] for name in tensors})
            parts = [part for name in names for part in (conv(name), nn.ReLU())]
            self.model = nn.Sequential(*parts[:-1])

        def forward(self, x, level):
            h = torch.cat([nn.functional.pixel_unshuffle(x, 2), level[:, :, ::2, ::2]], 1)
            return nn.functional.pixel_shuffle(self.model(h), 2)

    class DnCNN(FFDNet):
        def forward(self, x, level):
            return x - self.model(x)

    if "m_head.weight" in tensors:
        return UNetRes()
    return FFDNet() if tensors["model.0.weight"].shape[1] == 13 else DnCNN()


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", ["drunet", "drunet with biases", "ffdnet", "dncnn"])
def test_outputs_equal_those_of_pytorch(tmp_path, name, stream):
    tensors = {
        "drunet": drunet(),
        "drunet with biases": drunet(bias=True),
        "ffdnet": kair(13, 8, 8, 12),
        "dncnn": kair(3, 8, 8, 3),
    }[name]
    net = network(tensors).eval()
    path, x, sigma = str(tmp_path / "net.pth"), picture(16, 24), 20.0
    torch.save(net.state_dict(), path, _use_new_zipfile_serialization=not stream)
    with torch.no_grad():
        there = torch.from_numpy(x.transpose(2, 0, 1)[None].astype(np.float32) / 255.0)
        expected = net(there, torch.full((1, 1, 16, 24), sigma / 255.0))
    expected = 255.0 * expected[0].numpy().transpose(1, 2, 0)
    found = run(denoisers.pytorch(path), x, sigma)
    assert np.abs(found - expected).max() < 1e-2

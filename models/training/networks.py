"""The two networks. Both are plain convolutions with batch normalisation, which the export folds away."""
from __future__ import annotations

import torch
from torch import nn
import torch.nn.functional as F

STRIDE = 4


class ConvUnit(nn.Sequential):
    """Convolution, batch normalisation, ReLU."""

    def __init__(self, inside: int, outside: int, kernel: int = 3, stride: int = 1, padding: int | None = None):
        super().__init__(
            nn.Conv3d(inside, outside, kernel, stride, (kernel - 1) // 2 if padding is None else padding, bias=False),
            nn.BatchNorm3d(outside),
            nn.ReLU(inplace=True),
        )


class Residual(nn.Module):
    """Two 3x3x3 convolutions around an identity path."""

    def __init__(self, width: int):
        super().__init__()
        self.first = ConvUnit(width, width)
        self.second = nn.Sequential(nn.Conv3d(width, width, 3, 1, 1, bias=False), nn.BatchNorm3d(width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(x + self.second(self.first(x)))


class Detector(nn.Module):
    """Whole-lung detector: [n, 1, z, y, x] to heatmap logits [n, 1, …/4], offsets mm [n, 3, …/4], log diameter [n, 1, …/4]."""

    def __init__(self, widths: tuple[int, int, int, int] = (24, 48, 64, 64)):
        super().__init__()
        a, b, c, d = widths
        self.widths = widths
        self.stem = ConvUnit(1, a, 4, 2, 1)
        self.level1 = Residual(a)
        self.down1 = ConvUnit(a, b, 2, 2, 0)
        self.level2 = nn.Sequential(Residual(b), Residual(b))
        self.down2 = ConvUnit(b, c, 2, 2, 0)
        self.level3 = nn.Sequential(Residual(c), Residual(c))
        self.down3 = ConvUnit(c, d, 2, 2, 0)
        self.level4 = Residual(d)
        self.up3 = nn.ConvTranspose3d(d, c, 2, 2)
        self.merge3 = Residual(c)
        self.up2 = nn.ConvTranspose3d(c, b, 2, 2)
        self.merge2 = Residual(b)
        self.head = ConvUnit(b, b, 1)
        self.out = nn.Conv3d(b, 5, 1)
        nn.init.constant_(self.out.bias, 0.0)
        with torch.no_grad():
            self.out.weight *= 0.1
            self.out.bias[0] = -5.0
            self.out.bias[4] = 1.8

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        one = self.level1(self.stem(x))
        two = self.level2(self.down1(one))
        three = self.level3(self.down2(two))
        four = self.level4(self.down3(three))
        three = self.merge3(F.relu(three + self.up3(four)))
        two = self.merge2(F.relu(two + self.up2(three)))
        out = self.out(self.head(two))
        return out[:, 0:1], out[:, 1:4] * float(STRIDE), out[:, 4:5]


class Classifier(nn.Module):
    """Second look at a candidate: [n, 1, z, y, x] to nodule logit [n, 1], type logits [n, 4], log diameter [n, 1], lesion logits [n, 1, z, y, x]."""

    def __init__(self, widths: tuple[int, int, int, int] = (8, 24, 40, 48)):
        super().__init__()
        a, b, c, d = widths
        self.widths = widths
        self.level1 = nn.Sequential(ConvUnit(1, a), ConvUnit(a, a))
        self.down1 = ConvUnit(a, b, 2, 2, 0)
        self.level2 = Residual(b)
        self.down2 = ConvUnit(b, c, 2, 2, 0)
        self.level3 = Residual(c)
        self.down3 = ConvUnit(c, d, 2, 2, 0)
        self.level4 = nn.Sequential(Residual(d), Residual(d))
        self.up3 = nn.ConvTranspose3d(d, c, 2, 2)
        self.merge3 = Residual(c)
        self.up2 = nn.ConvTranspose3d(c, b, 2, 2)
        self.merge2 = Residual(b)
        self.up1 = nn.ConvTranspose3d(b, a, 2, 2)
        self.merge1 = ConvUnit(a, a)
        self.lesion = nn.Conv3d(a, 1, 1)
        self.hidden = nn.Linear(2 * d + 2 * c, 64)
        self.dropout = nn.Dropout(0.2)
        self.answer = nn.Linear(64, 6)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        one = self.level1(x)
        two = self.level2(self.down1(one))
        three = self.level3(self.down2(two))
        four = self.level4(self.down3(three))
        three = self.merge3(F.relu(three + self.up3(four)))
        two = self.merge2(F.relu(two + self.up2(three)))
        one = self.merge1(F.relu(one + self.up1(two)))
        middle = three[:, :, 3:-3, 3:-3, 3:-3]
        pooled = [four.amax((2, 3, 4)), four.mean((2, 3, 4)), middle.amax((2, 3, 4)), middle.mean((2, 3, 4))]
        answer = self.answer(self.dropout(F.relu(self.hidden(torch.cat(pooled, 1)))))
        return answer[:, 0:1], answer[:, 1:5], answer[:, 5:6] + 1.8, self.lesion(one)


def multiply_adds(network: nn.Module, shape: tuple[int, ...]) -> int:
    """Multiply-adds of the convolutions and linear layers for one input."""
    total = 0

    def count(module: nn.Module, _: object, out: torch.Tensor) -> None:
        nonlocal total
        if isinstance(module, nn.Conv3d):
            total += out[0].numel() * module.weight[0].numel()
        elif isinstance(module, nn.ConvTranspose3d):
            total += out[0].numel() * module.weight.shape[0]
        elif isinstance(module, nn.Linear):
            total += module.weight.numel()

    hooks = [m.register_forward_hook(count) for m in network.modules()]
    with torch.no_grad():
        network(torch.zeros(1, *shape))
    for hook in hooks:
        hook.remove()
    return total

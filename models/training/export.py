"""Networks to ONNX (opset 17, float32, batch normalisation folded)."""
from __future__ import annotations

import copy
import pathlib

import torch
from torch import nn

OPSET = 17


def fold(network: nn.Module) -> nn.Module:
    """A copy in inference mode whose batch normalisations are folded into the convolutions before them."""
    network = copy.deepcopy(network).float().cpu().eval()
    for module in list(network.modules()):
        if not isinstance(module, nn.Sequential):
            continue
        for here, following in zip(list(module._modules), list(module._modules)[1:]):
            conv, norm = module._modules[here], module._modules[following]
            if isinstance(conv, nn.Conv3d) and isinstance(norm, nn.BatchNorm3d):
                scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
                bias = torch.zeros_like(norm.bias) if conv.bias is None else conv.bias
                conv.weight = nn.Parameter(conv.weight * scale[:, None, None, None, None])
                conv.bias = nn.Parameter((bias - norm.running_mean) * scale + norm.bias)
                module._modules[following] = nn.Identity()
    return network


def to_onnx(network: nn.Module, shape: tuple[int, ...], names: list[str], path: str | pathlib.Path, any_size: list[str] | None = None) -> None:
    """Writes the folded network with input `volume` of [1, *shape] and the given output names; the three sides of those in `any_size` are free."""
    import onnx

    sides = {name: {2: f"{name}_z", 3: f"{name}_y", 4: f"{name}_x"} for name in any_size or []}
    options = {"dynamo": False} if "dynamo" in torch.onnx.export.__code__.co_varnames else {}
    torch.onnx.export(fold(network), torch.zeros(1, *shape), str(path), input_names=["volume"], output_names=names, opset_version=OPSET, dynamic_axes=sides, **options)
    onnx.checker.check_model(onnx.load(str(path)))

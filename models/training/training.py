"""The training loops of both networks. Lengths are wall-clock seconds, so that a run fits the machine it is given."""
from __future__ import annotations

import json
import math
import time
from typing import Callable

import numpy as np
import torch

import crops
import infer
import losses
from pool import Planner, Residents
import volumes


class Schedule:
    """One-cycle learning rate over wall-clock time: a short rise, then a cosine fall to nothing."""

    def __init__(self, optimizer: torch.optim.Optimizer, peak: float, seconds: float, steps: int | None):
        self.optimizer, self.peak, self.seconds, self.steps = optimizer, peak, seconds, steps
        self.begin = time.monotonic()
        self.step = 0

    def fraction(self) -> float:
        if self.steps is not None:
            return self.step / self.steps
        return (time.monotonic() - self.begin) / self.seconds

    def advance(self) -> bool:
        done = self.fraction()
        rise = 0.06
        factor = done / rise if done < rise else 0.5 * (1 + math.cos(math.pi * min(1.0, (done - rise) / (1 - rise))))
        for group in self.optimizer.param_groups:
            group["lr"] = self.peak * max(factor, 1e-3)
        self.step += 1
        return done < 1


def prepare_device(network: torch.nn.Module, device: torch.device) -> torch.nn.Module:
    if device.type == "cuda":
        torch.backends.cudnn.benchmark = True
        torch.backends.cuda.matmul.allow_tf32 = True
        torch.backends.cudnn.allow_tf32 = True
        return network.to(device).to(memory_format=torch.channels_last_3d)
    return network.to(device)


def mine(network: torch.nn.Module, chosen: list[volumes.Resident], threshold: float, most: int, window: tuple[int, int, int], planners: list[Planner]) -> None:
    """Finds the network's peaks that are no nodule, worst first, and tells the planners."""
    for volume in chosen:
        found = infer.detect(network, volume, threshold, window=window, most=most)
        free = np.ones(len(found.centre), bool)
        if len(volume.centre):
            distance = np.linalg.norm(found.centre[:, None] - volume.centre[None], axis=2)
            free = (distance > volume.diameter[None] / 2 + 5).all(1)
        volume.hard = found.centre[free].astype(np.float32)
        for planner in planners:
            planner.tell(("hard", volume.name, volume.hard))
    network.train()


def train(
    network: torch.nn.Module,
    residents: Residents,
    planners: list[Planner],
    builder: crops.Builder,
    kind: str,
    peak: float,
    seconds: float,
    steps: int | None,
    log: Callable[[str], None],
    mine_at: tuple[float, ...] = (),
) -> torch.nn.Module:
    """Trains a 'detector' or a 'classifier' for `seconds`, or for `steps` where given. Mines hard negatives at the given fractions.

    The first planner feeds this training; all of them are told of new phantoms and hard negatives.
    """
    device = residents.device
    network = prepare_device(network, device)
    optimizer = torch.optim.AdamW(network.parameters(), lr=peak, weight_decay=0.01)
    schedule = Schedule(optimizer, peak, seconds, steps)
    clip = infer.CLIP if kind == "detector" else infer.PATCH_CLIP
    pending = list(mine_at)
    rng = np.random.default_rng(5)
    network.train()
    sums: dict[str, torch.Tensor] = {}
    counted, last, waited = 0, time.monotonic(), 0.0
    while schedule.advance():
        if schedule.step % 10 == 1 and kind == "detector":
            for path in residents.refresh():
                for planner in planners:
                    planner.tell(("phantom", path))
        if pending and schedule.fraction() >= pending[0]:
            pending.pop(0)
            some = [residents.phantoms[i] for i in rng.permutation(len(residents.phantoms))[:20]]
            mine(network, residents.real + some, 0.03, 250, builder.window, planners)
            log(json.dumps({"mined": {v.name: len(v.hard) for v in residents.real}, "phantoms": len(residents.phantoms)}))
        begun = time.monotonic()
        specs = planners[0].next(residents)
        waited += time.monotonic() - begun
        batch = builder.batch(specs)
        volume = crops.normalise(batch.hu, clip)
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            if device.type == "cuda":
                volume = volume.contiguous(memory_format=torch.channels_last_3d)
            outputs = network(volume)
        if kind == "detector":
            parts = losses.detector_loss(outputs, batch, infer.SPACING)
        else:
            parts = losses.classifier_loss(outputs, batch, losses.classifier_targets(batch))
        loss = sum(parts.values())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        for name, value in parts.items():
            sums[name] = sums.get(name, 0) + value.detach()
        counted += 1
        if counted == 200 or time.monotonic() - last > 15:
            line = {name: round(float(value) / counted, 4) for name, value in sums.items()}
            spent = (time.monotonic() - last) * 1000 / counted
            log(json.dumps({"train": kind, "step": schedule.step, "fraction": round(schedule.fraction(), 3), "ms": round(spent), "waitMs": round(waited * 1000 / counted), **line}))
            sums, counted, last, waited = {}, 0, time.monotonic(), 0.0
    return network

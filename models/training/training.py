"""The training loops of both networks. Lengths are wall-clock seconds, so that a run fits the machine it is given."""
from __future__ import annotations

import json
import math
import queue
import threading
import time
from typing import Callable

import numpy as np
import torch

import crops
import infer
import losses
import pool as pools
import volumes


class Planner:
    """Plans the next batches on a thread while the device works."""

    def __init__(self, plan: Callable[[], list[crops.Spec]], depth: int = 3):
        self.queue: queue.Queue[list[crops.Spec] | Exception] = queue.Queue(depth)
        self.running = True
        self.plan = plan
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()

    def _work(self) -> None:
        while self.running:
            try:
                item: list[crops.Spec] | Exception = self.plan()
            except Exception as error:  # handed to the training loop, which raises it
                item = error
            while self.running:
                try:
                    self.queue.put(item, timeout=0.2)
                    break
                except queue.Full:
                    continue

    def next(self) -> list[crops.Spec]:
        item = self.queue.get()
        if isinstance(item, Exception):
            raise item
        return item

    def stop(self) -> None:
        self.running = False
        self.thread.join()


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


def mine(network: torch.nn.Module, chosen: list[volumes.Resident], threshold: float, most: int, window: tuple[int, int, int]) -> None:
    """Sets each volume's `hard` to the network's peaks that are no nodule, worst first."""
    for volume in chosen:
        found = infer.detect(network, volume, threshold, window=window, most=most)
        if len(volume.centre):
            distance = np.linalg.norm(found.centre[:, None] - volume.centre[None], axis=2)
            free = (distance > volume.diameter[None] / 2 + 5).all(1)
        else:
            free = np.ones(len(found.centre), bool)
        volume.hard = found.centre[free].astype(np.float32)
    network.train()


def train(
    network: torch.nn.Module,
    pool: pools.Pool,
    builder: crops.Builder,
    kind: str,
    batch_size: int,
    peak: float,
    seconds: float,
    steps: int | None,
    log: Callable[[str], None],
    window: tuple[int, int, int] = infer.WINDOW,
    mine_at: tuple[float, ...] = (),
) -> torch.nn.Module:
    """Trains a 'detector' or a 'classifier' for `seconds`, or for `steps` where given. Mines hard negatives at the given fractions."""
    device = pool.device
    network = prepare_device(network, device)
    optimizer = torch.optim.AdamW(network.parameters(), lr=peak, weight_decay=0.01)
    schedule = Schedule(optimizer, peak, seconds, steps)
    draw = pool.detector_spec if kind == "detector" else pool.classifier_spec
    planner = Planner(lambda: [draw(builder) for _ in range(batch_size)])
    clip = infer.CLIP if kind == "detector" else infer.PATCH_CLIP
    pending = list(mine_at)
    network.train()
    sums: dict[str, torch.Tensor] = {}
    counted, last = 0, time.monotonic()
    while schedule.advance():
        if schedule.step % 20 == 1 and kind == "detector":
            pool.refresh()
        if pending and schedule.fraction() >= pending[0]:
            pending.pop(0)
            some = [pool.phantoms[i] for i in pool.rng.permutation(len(pool.phantoms))[:20]]
            mine(network, pool.real + some, 0.03, 250, window)
            log(json.dumps({"mined": {v.name: len(v.hard) for v in pool.real}, "phantoms": len(pool.phantoms)}))
        batch = builder.batch(planner.next())
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
        if counted == 100 or time.monotonic() - last > 15:
            line = {name: round(float(value) / counted, 4) for name, value in sums.items()}
            log(json.dumps({"train": kind, "step": schedule.step, "fraction": round(schedule.fraction(), 3), "ms": round((time.monotonic() - last) * 1000 / counted), **line}))
            sums, counted, last = {}, 0, time.monotonic()
    planner.stop()
    return network

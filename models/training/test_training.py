"""Checks of the training code that need no trained weights."""
from __future__ import annotations

import pathlib
import tempfile
import unittest

import numpy as np
import torch

import calibrate
import crops
import evaluate
import export
import froc
import infer
import losses
import networks
import nodules
import operators
import prepare
import scans
import volumes

CPU = torch.device("cpu")


def lung(size: int = 64, spacing: tuple[float, float, float] = (1.0, 1.0, 1.0), centre: np.ndarray | None = None) -> volumes.Resident:
    """A block of lung density, with one known nodule of 8 mm where a centre (mm) is given."""
    hu = np.full((size, size, size), -870, np.float32)
    grid = np.stack(np.meshgrid(*[np.arange(size) * s for s in spacing], indexing="ij"), -1)
    if centre is not None:
        hu[np.linalg.norm(grid - centre, axis=-1) < 4] = 30
    rng = np.random.default_rng(0)
    points = rng.uniform(12, (size - 12) * min(spacing), (500, 3)).astype(np.float32)
    known = 0 if centre is None else 1
    return volumes.Resident(
        name="block", hu=torch.from_numpy(hu)[None, None], spacing=np.array(spacing), points={k: points for k in ("lung", "pleura", "vessel", "dense")},
        centre=np.zeros((0, 3), np.float32) if centre is None else centre[None].astype(np.float32), diameter=np.full(known, 8.0, np.float32),
        status=np.full(known, prepare.POSITIVE, np.int8), kind=np.zeros(known, np.int8), sure=np.ones(known, bool), origin=np.zeros(3),
        mask=np.ones((size, size, size), bool), shape=(size, size, size),
    )


class Crops(unittest.TestCase):
    def test_known_nodule_keeps_its_place_under_rotation_and_scale(self) -> None:
        at = np.array([34.0, 30.0, 28.0])
        volume = lung(centre=at)
        rng = np.random.default_rng(4)
        builder = crops.Builder((40, 40, 40), 1.0, CPU, 0)
        for _ in range(5):
            matrix = volumes.random_transform(rng)
            batch = builder.batch([crops.Spec(volume, at + rng.uniform(-6, 6, 3), matrix, [])], augment=False)
            bright = (batch.hu[0] > -400).float()
            weight = bright / bright.sum()
            seen = (builder.offsets * weight[..., None]).sum((0, 1, 2))
            self.assertLess(float((seen - batch.centre[0, 0]).norm()), 0.35)
            size = 2 * np.cbrt(3 * float(bright.sum()) / (4 * np.pi))
            self.assertLess(abs(size - float(batch.diameter[0, 0])), 0.8)

    def test_synthetic_nodule_lies_where_its_label_says_and_has_its_size(self) -> None:
        volume = lung(80)
        rng = np.random.default_rng(1)
        builder = crops.Builder((48, 48, 48), 1.0, CPU, 0)
        recipe = nodules.draw(rng, np.array([3.0, -5.0, 6.0]), np.array([9.0]))
        recipe.diameter, recipe.kind, recipe.hu, recipe.rim = 9.0, 0, 30.0, 0.0
        recipe.core[:], recipe.bumps[:, 3], recipe.axes = 0, 0, np.eye(3)
        batch = builder.batch([crops.Spec(volume, np.full(3, 40.0), np.eye(3), [recipe])], augment=False)
        bright = (batch.hu[0] > -420).float()
        seen = (builder.offsets * (bright / bright.sum())[..., None]).sum((0, 1, 2)).numpy()
        np.testing.assert_allclose(seen, recipe.centre, atol=0.3)
        self.assertAlmostEqual(float(batch.diameter[0, 0]), 9.0, delta=0.3)
        self.assertEqual(int(batch.status[0, 0]), prepare.POSITIVE)
        self.assertAlmostEqual(2 * np.cbrt(3 * float(bright.sum()) / (4 * np.pi)), 9.0, delta=0.5)

    def test_nodule_hidden_in_soft_tissue_is_ignored_not_positive(self) -> None:
        volume = lung(64)
        volume.hu[:] = 40
        recipe = nodules.draw(np.random.default_rng(2), np.zeros(3), np.array([8.0]))
        recipe.hu, recipe.kind = 30.0, 0
        batch = crops.Builder((40, 40, 40), 1.0, CPU, 0).batch([crops.Spec(volume, np.full(3, 32.0), np.eye(3), [recipe])], augment=False)
        self.assertEqual(int(batch.status[0, 0]), prepare.IGNORED)


class Operators(unittest.TestCase):
    def test_thick_slices_keep_the_mean_and_widen_a_line(self) -> None:
        matrix = operators.slices(60, 1.0, torch.tensor([5.0]), torch.tensor([5.0]), torch.tensor([0.3]), 5.0)[0]
        np.testing.assert_allclose(matrix.sum(1).numpy(), 1, atol=1e-3)
        line = torch.zeros(60)
        line[30] = 1
        self.assertLess(float((matrix @ line).max()), 0.35)

    def test_no_thickness_is_no_change(self) -> None:
        matrix = operators.slices(20, 1.0, torch.tensor([0.0]), torch.tensor([1.0]), torch.tensor([0.0]), 1.0)[0]
        np.testing.assert_allclose(matrix.numpy(), np.eye(20), atol=1e-4)


class Loss(unittest.TestCase):
    def test_a_perfect_answer_costs_less_than_silence_and_than_a_shifted_one(self) -> None:
        volume = lung(64, centre=np.array([31.0, 30.0, 33.0]))
        builder = crops.Builder((32, 32, 32), 1.0, CPU, 0)
        batch = builder.batch([crops.Spec(volume, np.full(3, 32.0), np.eye(3), [])], augment=False)
        cells = losses.cell_centres((8, 8, 8), 1.0, CPU)
        nearest = int((cells - batch.centre[0, 0]).norm(dim=1).argmin())

        def cost(at: int) -> float:
            heat = torch.full((1, 1, 512), -8.0)
            heat[0, 0, at] = 8.0
            offset = (batch.centre[0, 0] - cells).T.reshape(1, 3, 8, 8, 8)
            parts = losses.detector_loss((heat.reshape(1, 1, 8, 8, 8), offset, torch.full((1, 1, 8, 8, 8), float(np.log(8)))), batch, 1.0)
            return float(sum(parts.values()))

        self.assertLess(cost(nearest), 0.01)
        self.assertGreater(cost(0), 5)


class Froc(unittest.TestCase):
    def test_hits_false_marks_and_ignored(self) -> None:
        nodule = np.array([[0.0, 0, 0], [50, 0, 0], [0, 50, 0]])
        status = np.array([prepare.POSITIVE, prepare.POSITIVE, prepare.IGNORED])
        marks = np.array([[1.0, 0, 0], [0, 51, 0], [90, 90, 90]])
        hits, false = froc.match(marks, np.array([0.9, 0.8, 0.7]), nodule, np.full(3, 6.0), status)
        np.testing.assert_array_equal(hits, [0.9, -np.inf])
        np.testing.assert_array_equal(false, [0.7])
        curve = froc.curve([(hits, false)])
        self.assertEqual(curve["sensitivities"]["1"], 0.5)
        self.assertEqual(curve["cpm"], 0.5)

    def test_platt_recovers_a_known_relation(self) -> None:
        rng = np.random.default_rng(0)
        score = rng.uniform(0.02, 0.98, 20000)
        truth = 1 / (1 + np.exp(-(1.7 * calibrate.logit(score) - 0.6)))
        a, b = calibrate.fit(score, (rng.random(20000) < truth).astype(float))
        self.assertAlmostEqual(a, 1.7, delta=0.12)
        self.assertAlmostEqual(b, -0.6, delta=0.12)


class Networks(unittest.TestCase):
    def test_folding_changes_nothing(self) -> None:
        torch.manual_seed(0)
        network = networks.Classifier()
        network.train()
        network(torch.randn(4, 1, 40, 40, 40))
        network.eval()
        x = torch.randn(1, 1, 40, 40, 40)
        with torch.no_grad():
            for a, b in zip(network(x), export.fold(network)(x)):
                np.testing.assert_allclose(a.numpy(), b.numpy(), atol=2e-4)

    def test_inserted_background_has_known_truth(self) -> None:
        copy = evaluate.inserted(lung(56), 3, np.random.default_rng(3), np.array([6.0]))
        self.assertGreaterEqual(len(copy.centre), 1)
        for centre, diameter in zip(copy.centre, copy.diameter):
            index = tuple(np.round(centre).astype(int))
            near = copy.hu[0, 0][tuple(slice(max(0, i - 2), i + 3) for i in index)]
            self.assertGreater(float(near.max()), -800, f"nothing at {centre} of {diameter} mm")


class Scans(unittest.TestCase):
    def test_marks_follow_their_confidence(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "marks.csv"
            path.write_text("seriesuid,coordX,coordY,coordZ,diameter_mm,confidence\nu,1,2,3,8,sure\nu,1,2,3,3.5,likely\nu,1,2,3,4.5,likely\nu,1,2,3,9,doubtful\n")
            marks = prepare.read_marks(path)
        np.testing.assert_array_equal(marks.centre[0], [3, 2, 1])
        np.testing.assert_array_equal(marks.status, [prepare.POSITIVE, prepare.IGNORED, prepare.POSITIVE, prepare.IGNORED])
        np.testing.assert_array_equal(marks.sure, [True, False, False, False])

    def test_lungs_are_found_and_stomach_gas_is_not(self) -> None:
        z, y, x = np.meshgrid(np.arange(60), np.arange(120), np.arange(160), indexing="ij")
        hu = np.full(z.shape, -1000, np.int16)
        hu[((y - 60) / 55.0) ** 2 + ((x - 80) / 75.0) ** 2 < 1] = 30
        left, right = (((y - 55) / 35.0) ** 2 + ((x - c) / 25.0) ** 2 < 1 for c in (48, 112))
        hu[left | right] = -870
        gas = ((y - 97) / 9.0) ** 2 + ((x - 80) / 20.0) ** 2 + ((z - 30) / 25.0) ** 2 < 1
        hu[gas] = -1000
        mask = scans.lung_mask(scans.Scan(hu, (2.0, 1.5, 1.5), (0.0, 0.0, 0.0)))
        self.assertGreater(mask[left | right].mean(), 0.98)
        self.assertLess(mask[gas].mean(), 0.02)


class Windows(unittest.TestCase):
    def test_tiles_cover_the_range(self) -> None:
        tiles = infer.tiles(10, 300, 96, 16)
        self.assertEqual(tiles[0][0], 10)
        self.assertGreaterEqual(tiles[-1][0] + 96, 300)
        self.assertTrue(tiles[0][1] and tiles[-1][2])

    def test_suppression_keeps_the_best(self) -> None:
        self.assertEqual(infer.suppress(np.array([[0.0, 0, 0], [3, 0, 0], [9, 0, 0]]), 10), [0, 2])


if __name__ == "__main__":
    unittest.main()

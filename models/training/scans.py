"""Reading CT series into volumes, and the lung mask that bounds where nodules may be placed.

Arrays are [z, y, x] with z towards the head, y towards the back and x towards the patient's left,
so an index grows with the LPS coordinate of its axis. Spacing and origin tuples follow the same order.
"""
from __future__ import annotations

import dataclasses
import pathlib
import shutil
import subprocess
import tempfile

import numpy as np
from scipy import ndimage

JPEG_LS = {"1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"}


@dataclasses.dataclass
class Scan:
    """One CT volume: `hu` int16 [z, y, x], `spacing` mm (z, y, x), `origin` LPS mm (z, y, x) of voxel (0, 0, 0)."""

    hu: np.ndarray
    spacing: tuple[float, float, float]
    origin: tuple[float, float, float]
    series_uid: str = ""
    outside: np.ndarray | None = None
    """True outside the reconstruction circle, where the scanner wrote padding."""

    def to_index(self, points_xyz: np.ndarray) -> np.ndarray:
        """LPS mm points [n, (x, y, z)] to fractional voxel indices [n, (z, y, x)]."""
        zyx = np.asarray(points_xyz, dtype=np.float64)[:, ::-1]
        return (zyx - np.array(self.origin)) / np.array(self.spacing)


def read_series(folder: str | pathlib.Path) -> Scan:
    """Reads one axial CT series. Raises ValueError where the slices do not form one regular axial stack."""
    import pydicom

    files = sorted(p for p in pathlib.Path(folder).iterdir() if p.is_file())
    slices = []
    with tempfile.TemporaryDirectory() as work:
        for number, path in enumerate(files):
            header = pydicom.dcmread(path, stop_before_pixels=True)
            if header.get("Modality") != "CT":
                continue
            if header.file_meta.TransferSyntaxUID in JPEG_LS:
                if shutil.which("dcmdjpls") is None:
                    raise ValueError("JPEG-LS images need DCMTK's dcmdjpls")
                plain = pathlib.Path(work) / f"{number}.dcm"
                subprocess.run(["dcmdjpls", str(path), str(plain)], check=True)
                path = plain
            slices.append(pydicom.dcmread(path))
            slices[-1].pixel_array
    if not slices:
        raise ValueError(f"{folder}: no CT images")
    if any(np.abs(np.array(s.ImageOrientationPatient, float) - [1, 0, 0, 0, 1, 0]).max() > 1e-3 for s in slices):
        raise ValueError(f"{folder}: only axial series with standard orientation are used for training")
    slices.sort(key=lambda s: float(s.ImagePositionPatient[2]))
    positions = np.array([float(s.ImagePositionPatient[2]) for s in slices])
    step = np.diff(positions)
    if step.max() - step.min() > 0.1 * step.mean():
        raise ValueError(f"{folder}: slice positions are not regular")
    hu = np.stack([s.pixel_array.astype(np.float32) * float(s.RescaleSlope) + float(s.RescaleIntercept) for s in slices])
    outside = hu < -1100
    first = slices[0]
    return Scan(
        hu=np.clip(hu, -1024, 3071).astype(np.int16),
        spacing=(float(step.mean()), float(first.PixelSpacing[0]), float(first.PixelSpacing[1])),
        origin=(positions[0], float(first.ImagePositionPatient[1]), float(first.ImagePositionPatient[0])),
        series_uid=str(first.SeriesInstanceUID),
        outside=outside if outside.any() else None,
    )


def lung_mask(scan: Scan) -> np.ndarray:
    """Air spaces of both lungs with vessels and nodules filled in, airways kept; bool [z, y, x]."""
    spacing = np.array(scan.spacing)
    smooth = ndimage.gaussian_filter(scan.hu.astype(np.float32), 0.8 / spacing)
    air = smooth < -400
    if scan.outside is not None:
        air &= ~scan.outside
    # Eroded first, so that a lung that touches the reconstruction circle is not taken for air outside the body.
    eroded = _distance_per_slice(air, spacing[1]) > 4
    labels, count = ndimage.label(eroded)
    # Front and back rows only: a lung may be cut by the field of view at the sides.
    border = np.unique(np.concatenate([labels[:, :2].ravel(), labels[:, -2:].ravel()]))
    sizes = np.bincount(labels.ravel(), minlength=count + 1) * spacing.prod()
    sizes[border] = 0
    # Pure gas is stomach or bowel; the emptiest emphysema still holds more.
    density = np.bincount(labels.ravel(), weights=scan.hu.ravel(), minlength=count + 1) / np.maximum(np.bincount(labels.ravel(), minlength=count + 1), 1)
    sizes[density < -965] = 0
    sizes[0] = 0
    keep = sizes > max(20_000.0, 0.05 * sizes.max())
    if scan.outside is not None:
        # Air around the body, shut off by the circle's padding, lies along that circle; a lung touches it at most in places.
        for label in np.flatnonzero(keep):
            ring = (_distance_per_slice(labels != label, spacing[1]) <= 7) & ~air
            keep[label] = (ring & scan.outside).sum() < 0.1 * ring.sum()
    if not keep.any():
        return np.zeros(scan.hu.shape, bool)
    lungs = air & (_distance_per_slice(~keep[labels], spacing[1]) <= 5)
    # Closing per slice at 8 mm brings vessels, hilar branches and wall-attached nodules inside.
    radius = int(round(8 / spacing[1]))
    closed = np.zeros_like(lungs)
    for z in range(lungs.shape[0]):
        if not lungs[z].any():
            continue
        padded = np.pad(lungs[z], radius)
        away = ndimage.distance_transform_edt(~padded) <= radius
        back = ndimage.distance_transform_edt(away) > radius
        closed[z] = ndimage.binary_fill_holes(back[radius:-radius, radius:-radius])
    return closed | lungs


def _distance_per_slice(mask: np.ndarray, spacing: float) -> np.ndarray:
    """In-plane distance in mm of each voxel of `mask` to the nearest voxel outside it."""
    return np.stack([ndimage.distance_transform_edt(plane) * spacing if plane.any() else np.zeros(plane.shape) for plane in mask])


def crop_to(scan: Scan, mask: np.ndarray, margin_mm: float) -> tuple[Scan, np.ndarray]:
    """The scan and mask cut to the mask's bounding box plus a margin."""
    box = []
    for axis in range(3):
        hits = np.flatnonzero(mask.any(axis=tuple(a for a in range(3) if a != axis)))
        pad = int(np.ceil(margin_mm / scan.spacing[axis]))
        box.append(slice(max(0, hits[0] - pad), min(mask.shape[axis], hits[-1] + 1 + pad)))
    origin = tuple(o + b.start * s for o, b, s in zip(scan.origin, box, scan.spacing))
    return dataclasses.replace(scan, hu=scan.hu[tuple(box)].copy(), origin=origin, outside=None), mask[tuple(box)].copy()

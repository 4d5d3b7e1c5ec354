"""Coordinates in use in China: WGS 84, CGCS2000, GCJ-02 of map services, BD-09, and the exact way between them.

All are longitude and latitude in degrees, longitude first, as floats or numpy arrays of one shape. Every function
works on both alike.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

Datum = Literal["wgs84", "cgcs2000", "gcj02", "bd09"]
Degrees = TypeVar("Degrees", float, NDArray[np.float64])
_Array = NDArray[np.float64]
_Step = Callable[[_Array, _Array], tuple[_Array, _Array]]

# Krasovsky 1940, on which the offset of GCJ-02 is computed.
SEMI_MAJOR_AXIS_M = 6378245.0
ECCENTRICITY_SQUARED = 0.00669342162296594323

# The box outside which GCJ-02 leaves coordinates alone: west, east, south, north.
WEST, EAST, SOUTH, NORTH = 72.004, 137.8347, 0.8293, 55.8271

# Each round gains two digits (GCJ-02 shifts by less than 1 % of a step, BD-09 by less than 2 %).
ROUNDS = 6


def convert(lon: Degrees, lat: Degrees, source: Datum, target: Datum) -> tuple[Degrees, Degrees]:
    """Return ``lon`` and ``lat`` of the datum ``source`` in the datum ``target``, in degrees.

    Right to less than a millimetre against the published forward formulas, there and back, for every place in
    China. WGS 84 and CGCS2000 (国家大地坐标系, EPSG:4490) are taken as one: they agree to centimetres at epoch
    2000.0, and since CGCS2000 rides on the plate they part by about 3 cm a year, less than 1 m until the 2030s.
    GCJ-02 (国测局坐标) has never been published by its owner; the formula is the one that map services' users have
    recovered, equal to a few centimetres. Outside the box 72.004–137.8347° E, 0.8293–55.8271° N coordinates are
    returned as they are, and within 1 km of its edges the way back is not unique.
    """
    x, y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    for step in _steps(source, target):
        x, y = step(x, y)
    return (x, y) if isinstance(lon, np.ndarray) else (float(x), float(y))


def _steps(source: Datum, target: Datum) -> list[_Step]:
    depth = {"wgs84": 0, "cgcs2000": 0, "gcj02": 1, "bd09": 2}
    outward: list[_Step] = [_gcj02_of_wgs84, _bd09_of_gcj02]
    inward: list[_Step] = [_wgs84_of_gcj02, _gcj02_of_bd09]
    here, there = depth[source], depth[target]
    return outward[here:there] if here <= there else inward[there:here][::-1]


def _offset(lon: _Array, lat: _Array) -> tuple[_Array, _Array]:
    """Return the offset of GCJ-02 from WGS 84 at a place, in degrees."""
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    waves = 20.0 * np.sin(6.0 * np.pi * x) + 20.0 * np.sin(2.0 * np.pi * x)
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += (waves + 20.0 * np.sin(np.pi * x) + 40.0 * np.sin(np.pi / 3.0 * x)) * 2.0 / 3.0
    east += (150.0 * np.sin(np.pi / 12.0 * x) + 300.0 * np.sin(np.pi / 30.0 * x)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += (waves + 20.0 * np.sin(np.pi * y) + 40.0 * np.sin(np.pi / 3.0 * y)) * 2.0 / 3.0
    north += (160.0 * np.sin(np.pi / 12.0 * y) + 320.0 * np.sin(np.pi / 30.0 * y)) * 2.0 / 3.0
    phi = np.radians(lat)
    shrink = 1.0 - ECCENTRICITY_SQUARED * np.sin(phi) ** 2
    meridian = SEMI_MAJOR_AXIS_M * (1.0 - ECCENTRICITY_SQUARED) / (shrink * np.sqrt(shrink))
    parallel = SEMI_MAJOR_AXIS_M / np.sqrt(shrink) * np.cos(phi)
    return np.degrees(east / parallel), np.degrees(north / meridian)


def _shifted(lon: _Array, lat: _Array) -> tuple[_Array, _Array]:
    east, north = _offset(lon, lat)
    return lon + east, lat + north


def _outside(lon: _Array, lat: _Array) -> NDArray[np.bool_]:
    return ~((lon >= WEST) & (lon <= EAST) & (lat >= SOUTH) & (lat <= NORTH))


def _gcj02_of_wgs84(lon: _Array, lat: _Array) -> tuple[_Array, _Array]:
    outside = _outside(lon, lat)
    x, y = _shifted(lon, lat)
    return np.where(outside, lon, x), np.where(outside, lat, y)


def _wgs84_of_gcj02(lon: _Array, lat: _Array) -> tuple[_Array, _Array]:
    outside = _outside(lon, lat)
    x, y = _inverse(_shifted, lon, lat)
    return np.where(outside, lon, x), np.where(outside, lat, y)


def _bd09_of_gcj02(lon: _Array, lat: _Array) -> tuple[_Array, _Array]:
    wave = np.pi * 3000.0 / 180.0
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * wave)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * wave)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def _gcj02_of_bd09(lon: _Array, lat: _Array) -> tuple[_Array, _Array]:
    return _inverse(_bd09_of_gcj02, lon, lat)


def _inverse(forward: _Step, lon: _Array, lat: _Array) -> tuple[_Array, _Array]:
    """Find the place that ``forward`` takes to ``lon``, ``lat``, by stepping back what it missed by."""
    x, y = lon, lat
    for _ in range(ROUNDS):
        reached_x, reached_y = forward(x, y)
        x, y = x + (lon - reached_x), y + (lat - reached_y)
    return x, y

"""Morton codes: a point as one whole number, so that every map tile is one range of an index.

The code is that of the web-mercator cell at zoom 26 which holds the point: 52 bits, always positive as a signed
``bigint``. A cell is 0.60 m wide at the equator and 0.46 m at 40° north.
"""

from __future__ import annotations

from typing import overload

import numpy as np
from numpy.typing import NDArray

from zhihai.ground.refusal import Refused

ZOOM = 26
CELLS = 1 << ZOOM
LAST = CELLS - 1

# The parallel at which web mercator is cut off, so that the world is a square.
LATITUDE_LIMIT = 85.05112877980659

# Bit i of a number goes to bit 2i: each step parts the halves of what the step before left together.
_SPREAD = (
    (16, 0x0000FFFF0000FFFF),
    (8, 0x00FF00FF00FF00FF),
    (4, 0x0F0F0F0F0F0F0F0F),
    (2, 0x3333333333333333),
    (1, 0x5555555555555555),
)
_GATHER = (
    (1, 0x3333333333333333),
    (2, 0x0F0F0F0F0F0F0F0F),
    (4, 0x00FF00FF00FF00FF),
    (8, 0x0000FFFF0000FFFF),
    (16, 0x00000000FFFFFFFF),
)


@overload
def interleave(x: int, y: int) -> int: ...
@overload
def interleave(x: NDArray[np.int64], y: NDArray[np.int64]) -> NDArray[np.int64]: ...
def interleave(x: int | NDArray[np.int64], y: int | NDArray[np.int64]) -> int | NDArray[np.int64]:
    """Return the code of column ``x`` (counted from 180° W) and row ``y`` (from the north), below 2**26 each."""
    for shift, mask in _SPREAD:
        x = (x | x << shift) & mask
        y = (y | y << shift) & mask
    return x | y << 1


@overload
def separate(code: int) -> tuple[int, int]: ...
@overload
def separate(code: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]: ...
def separate(code: int | NDArray[np.int64]) -> tuple[int | NDArray[np.int64], int | NDArray[np.int64]]:
    """Return column and row of a code: the way back from :func:`interleave`."""
    return _every_second(code), _every_second(code >> 1)


def _every_second(code: int | NDArray[np.int64]) -> int | NDArray[np.int64]:
    code = code & _SPREAD[-1][1]
    for shift, mask in _GATHER:
        code = (code | code >> shift) & mask
    return code


def mercator(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where points in degrees lie in the web-mercator square, from 0 to 1: east of 180° W and south of the top.

    Latitudes beyond ±85.05° are moved to that parallel.
    """
    sine = np.sin(np.radians(np.clip(lat, -LATITUDE_LIMIT, LATITUDE_LIMIT)))
    return lon / 360.0 + 0.5, 0.5 - np.arctanh(sine) / (2.0 * np.pi)


def codes_at(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the codes of points in degrees, as an array of their shape.

    Longitudes from −180 to 180; latitudes beyond ±85.05° are moved to that parallel, where web mercator ends. Raises
    ``Refused`` (``not_on_earth``) when any number is not finite, a longitude beyond ±180 or a latitude beyond ±90.
    """
    if not (np.all(np.abs(lon) <= 180.0) and np.all(np.abs(lat) <= 90.0)):
        raise Refused("not_on_earth", "lon, lat")
    x, y = (np.floor(part * CELLS).astype(np.int64) for part in mercator(lon, lat))
    return interleave(np.clip(x, 0, LAST), np.clip(y, 0, LAST))


def code_at(lon: float, lat: float) -> int:
    """Return the code of one point in degrees; the same number as :func:`codes_at`, and the same refusals."""
    return int(codes_at(np.array([lon], dtype=np.float64), np.array([lat], dtype=np.float64))[0])


def places_of(codes: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return longitude and latitude of the middle of each code's cell: within 0.43 m of the point it came from."""
    x, y = separate(codes)
    lon = ((x + 0.5) / CELLS - 0.5) * 360.0
    lat = np.degrees(np.arcsin(np.tanh((0.5 - (y + 0.5) / CELLS) * 2.0 * np.pi)))
    return lon, lat


def place_of(code: int) -> tuple[float, float]:
    """Return longitude and latitude of the middle of one code's cell."""
    lon, lat = places_of(np.array([code], dtype=np.int64))
    return float(lon[0]), float(lat[0])


def tile_range(z: int, x: int, y: int) -> tuple[int, int]:
    """Return the lowest and highest code within the tile ``z/x/y``, both included.

    Raises ``Refused`` (``no_such_tile``) for a zoom below 0 or above 26, or a column or row outside the zoom.
    """
    if not (0 <= z <= ZOOM and 0 <= x < 1 << z and 0 <= y < 1 << z):
        raise Refused("no_such_tile", "z/x/y", status=404, z=z, x=x, y=y)
    below = 2 * (ZOOM - z)
    first = interleave(x, y) << below
    return first, first + (1 << below) - 1


def tile_of(code: int, z: int) -> tuple[int, int]:
    """Return column and row of the tile of zoom ``z`` (0 to 26) that holds a code."""
    return separate(code >> 2 * (ZOOM - z))

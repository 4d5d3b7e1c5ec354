"""Shapes: Morton codes of points, vector tiles, areas and who contains a point, generated lattices of cells.

Longitude and latitude in degrees of WGS 84 everywhere, longitude first; exact geometry is Shapely's.
"""

"""Runs inside an oracle's own environment: rows of concentrations in, what the independent library answers out.

Standard input and output are CSV without header. In: a form (``hourly`` or ``daily``) and the six concentrations,
PM2.5, PM10, SO2, NO2, CO, O3 in µg/m³, CO in mg/m³, empty where missing. Out: the index, the six sub-indices in the
same order, and the primary pollutants joined by ``+``.
"""

import csv
import sys
import warnings

from aqi_hub.aqi_cn.aqi import cal_aqi_cn, cal_primary_pollutant

NAMES = ("PM2.5", "PM10", "SO2", "NO2", "CO", "O3")


def main() -> None:
    warnings.simplefilter("ignore")
    out = csv.writer(sys.stdout)
    for form, *cells in csv.reader(sys.stdin):
        values = [float(cell) if cell else None for cell in cells]
        index, parts = cal_aqi_cn(*values, form)
        primary = "+".join(name.lower().replace(".", "") for name in cal_primary_pollutant(parts))
        out.writerow([index, *(parts[name] for name in NAMES), primary])


if __name__ == "__main__":
    main()

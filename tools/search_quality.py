"""``python -m tools.search_quality QUESTIONS.csv [FOLDER] [--missed]``: how well the search finds what people mean.

Told by kind of question, over the items of a district's folder (by default the reference district's); no database is
asked. What the figures mean is told in :mod:`tools.search_recall`.
"""

from __future__ import annotations

import os
import sys
import tempfile
from importlib import import_module
from pathlib import Path

import django


def main() -> None:
    """Set up the house without a data folder of its own, and print the figures."""
    given = [one for one in sys.argv[1:] if not one.startswith("--")]
    with tempfile.TemporaryDirectory() as data:
        settings = Path(data, "zhihai.toml")
        settings.touch()
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhihai.site.settings")
        os.environ.update(ZHIHAI_DATA=data, ZHIHAI_DEMONSTRATION="1", ZHIHAI_CONFIG=str(settings))
        django.setup()
        import_module("tools.search_recall").tell(given, missed="--missed" in sys.argv)


if __name__ == "__main__":
    main()

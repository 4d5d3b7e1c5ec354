"""The crash laboratory (故障实验室): the platform under 64 writers while its processes die, freeze and lose their ways.

``make crash``, or ``python -m tools.crash --help``. How it works and what it has shown: docs/why/nothing-lost.md.
"""

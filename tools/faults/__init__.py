"""The ten faults of the runbook (十种故障), each brought about on a platform of its own, seen, and mended.

``make faults``, or ``python -m tools.faults --help``. What each looks like and what to do about it is told in
docs/howto/when-something-goes-wrong.md; here it is done, so that the page can not tell what is not so.
"""

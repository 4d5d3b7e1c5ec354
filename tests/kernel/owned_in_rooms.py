"""What acts on one's own are tried on, where a room keeps its trials itself: whose it is, and the call."""

from __future__ import annotations

from tests.kernel.disclosure.agreeing_tried import OWN as AGREEMENTS
from tests.kernel.forms.receptions_tried import OWN as RECEPTIONS
from tests.kernel.services.own_trials import OWN as MATTERS

OWN = {**MATTERS, **RECEPTIONS, **AGREEMENTS}

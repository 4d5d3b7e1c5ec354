"""What acts of rooms are tried on, where a room keeps its trials itself: the call, made ready, and over what it is."""

from __future__ import annotations

from tests.kernel.channels.tried import TRIED as CHANNELS
from tests.kernel.disclosure.tried import TRIED as DISCLOSURE
from tests.kernel.forms.requests_tried import TRIED as REQUESTS
from tests.kernel.offers.own_trials import TRIED as OFFERS
from tests.kernel.services.tried import TRIED as SERVICES
from tests.kernel.trust.cards_read import TRIED as CARDS
from tests.kernel.trust.tried import APPOINTING

TRIED = SERVICES | OFFERS | CHANNELS | DISCLOSURE | APPOINTING | CARDS | REQUESTS

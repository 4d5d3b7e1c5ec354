"""The background work of the platform: which workers there are."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from zhihai.faces.provider.back_channel import tell_system
from zhihai.ground.refusal import Refused
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.cases import reads as case_reads
from zhihai.kernel.channels import acts as channels
from zhihai.kernel.channels import reads as channel_reads
from zhihai.kernel.exchange import acts as exchange
from zhihai.kernel.forms import acts as forms
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.journal import reads as clock
from zhihai.kernel.offers import acts as offers
from zhihai.kernel.services import acts as services
from zhihai.kernel.trust import acts as trust_acts
from zhihai.site.background import Worker
from zhihai.site.backup.archiving import Archiving
from zhihai.site.counting import Counting
from zhihai.site.observing import observed
from zhihai.site.post import post
from zhihai.site.pulse import pulse
from zhihai.site.replaying import behind_replay, replay_step
from zhihai.site.setting_forms import read_hours
from zhihai.site.sms import sms_way
from zhihai.site.webhook import call


def now() -> datetime:
    """Return the machine's time: leases, seals, retries and mail go by it, never law."""
    return datetime.now(UTC)


def _district() -> clock.DistrictClock | None:
    try:
        return clock.clock()
    except Refused:  # no district yet: nothing to do
        return None


def run_pulse() -> int:
    """Bring the living or frozen district up to now; in a replay the replay itself does, hour by hour."""
    district = _district()
    if district is None or district.mode == "replay":
        return 0
    return pulse(district.instant, now())


def heard_behind() -> float:
    """Return by how many seconds the slowest listener is behind."""
    return max((one.behind_seconds for one in clock.listeners()), default=0.0)


def run_seal() -> int:
    """Seal what is committed."""
    return journal.seal(at_machine=now())


def run_anchor() -> int:
    """Anchor the journal's head outside the database, signed."""
    journal.anchor(anchors(), at_machine=now())
    return 0


def seal_lag() -> float:
    """Return how old the oldest unsealed entry is, in seconds."""
    return clock.sealed().lag_seconds


def anchors() -> Path:
    """Return the folder of anchors in the data folder."""
    return Path(settings.ZHIHAI_ANCHORS)


def run_mail() -> int:
    """Send what waits to be sent; a restored copy sends nothing, since the original may still be at work."""
    return 0 if clock.copied() is not None else channels.deliver(post, at_machine=now())


def _no_gateway(message: channels.Message) -> None:
    """Give a short message up at once: nobody takes it, and what must be told goes by hand."""
    raise channels.RefusedForGood


def run_sms() -> int:
    """Send codes that somebody waits for, and short messages outside the quiet hours; a restored copy sends nothing."""
    if clock.copied() is not None or _district() is None:
        return 0
    hours = read_hours(settings.CONFIG.quiet_hours)
    quiet = channel_reads.NO_QUIET if hours is None else channel_reads.QuietHours(*hours)
    if not settings.CONFIG.sms_url and not settings.CONFIG.is_demonstration:
        return channels.send_codes(_no_gateway, at_machine=now()) + channels.deliver(
            _no_gateway, "sms", at_machine=now()
        )
    send = sms_way(settings.CONFIG).send
    codes = channels.send_codes(send, at_machine=now())
    return codes + channels.deliver(send, "sms", at_machine=now(), quiet=quiet)


def run_webhooks() -> int:
    """Tell people's own systems what waits; a restored copy tells nobody."""
    return 0 if clock.copied() is not None else channels.deliver(call, "webhook", at_machine=now())


def run_partings() -> int:
    """End at other systems what has ended here, and tell them; a restored copy tells nobody."""
    ended = trust_acts.end_at_systems(at_machine=now())
    return ended if clock.copied() is not None else ended + trust_acts.tell_systems(tell_system, at_machine=now())


def run_papers() -> int:
    """Make the papers that are called for; a restored copy hands nothing out."""
    return 0 if clock.copied() is not None else services.issue_papers(at_machine=now())


def run_upkeep() -> int:
    """Forget what need not be kept: raw envelopes after 30 days, events that all have heard after 7.

    Tokens, sessions, counted tries and keys that have expired go too. And see that what is counted of open cases is
    what there is of them, that the present secret seals all numbers, that a key there is to sign with, that lists of
    what was revoked are new, that the end of a tie or of a certificate surprises nobody, that appointments are
    reminded of and, when nobody came, over.
    """
    district = _district()
    if district is None:
        return 0
    forgotten = exchange.forget_raw(at=district.instant, at_machine=now()) + journal.prune(at_machine=now())
    instant = now()
    forgotten += trust_acts.sweep_tokens(at_machine=instant) + trust_acts.let_sign_ins_expire(at_machine=instant)
    forgotten += identity.sweep_sessions(at_machine=instant)
    forgotten += identity.sweep_shared(at_machine=now()) + identity.sweep_claims(at_machine=now())
    forgotten += channels.sweep_codes(at_machine=now())
    kept = trust_acts.keep_signing_keys(at=district.instant, at_machine=now())
    kept += channels.remind(at=district.instant)
    kept += offers.remind(at=district.instant) + offers.end_past(at=district.instant)
    kept += offers.tell_displaced(case_reads.calendar(), at=district.instant)
    kept += channels.warn_of_ends(at=district.instant, at_machine=now())
    kept += trust_acts.keep_certificates(at_machine=now())
    kept += forms.end_late_receptions(at_machine=now()) + forms.sweep_drafts(at=district.instant)
    kept += forms.sweep_tie_requests(at=district.instant)
    kept += cases.recount(at=district.instant)
    return forgotten + kept + _reseal()


def _reseal() -> int:
    return (
        identity.reseal()
        + trust_acts.reseal_keys()
        + forms.reseal_forms()
        + services.reseal_papers()
        + channels.reseal_hooks()
        + channels.reseal_numbers()
    )


def nothing_behind() -> float:
    """Return 0: this worker has no queue that could grow."""
    return 0.0


def build_workers() -> tuple[Worker, ...]:
    """Return the workers of this house, in no particular order."""
    workers: tuple[Worker, ...] = (
        Worker(name="pulse", every_seconds=0.25, run=run_pulse, behind=heard_behind),
        Worker(name="replay", every_seconds=0.5, run=replay_step, behind=behind_replay),
        Worker(name="seal", every_seconds=0.2, run=run_seal, behind=seal_lag),
        Worker(name="anchor", every_seconds=3600.0, run=run_anchor, behind=nothing_behind),
        Worker(name="mail", every_seconds=2.0, run=run_mail, behind=nothing_behind),
        Worker(name="papers", every_seconds=2.0, run=run_papers, behind=nothing_behind),
        Worker(name="sms", every_seconds=2.0, run=run_sms, behind=nothing_behind),
        Worker(name="webhooks", every_seconds=2.0, run=run_webhooks, behind=nothing_behind),
        Worker(name="partings", every_seconds=2.0, run=run_partings, behind=nothing_behind),
        Worker(name="upkeep", every_seconds=600.0, run=run_upkeep, behind=nothing_behind),
        Worker(name="count", every_seconds=5.0, run=Counting(), behind=nothing_behind),
    )
    if settings.CONFIG.database_url is None:
        archiving = Archiving(settings.CONFIG)
        workers += (Worker(name="archive", every_seconds=5.0, run=archiving.step, behind=archiving.behind),)
    return tuple(replace(worker, run=observed(worker.name, worker.run)) for worker in workers)

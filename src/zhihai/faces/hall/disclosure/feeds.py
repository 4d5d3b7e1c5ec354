"""What is published, and what became of requests, as feeds: Atom (RFC 4287) and RSS 2.0; of all, or of a part."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed, SyndicationFeed

from zhihai.faces.addresses import address
from zhihai.faces.desk.frame import district_name
from zhihai.faces.hall.disclosure.markdown import opening
from zhihai.faces.hall.disclosure.pages import asked_for
from zhihai.faces.naming import organisation_names, telling
from zhihai.faces.origin import origin
from zhihai.faces.request import Asked, readable
from zhihai.ground.kind import beside
from zhihai.ground.refusal import NotFound
from zhihai.kernel.disclosure import reads

LATEST, SECONDS = 50, 300
SUMMARY = 300


def atom(request: Asked) -> HttpResponse:
    """The latest publications as Atom."""
    return _feed(request, Atom1Feed)


def rss(request: Asked) -> HttpResponse:
    """The latest publications as RSS."""
    return _feed(request, Rss201rev2Feed)


def requests_atom(request: Asked) -> HttpResponse:
    """The requests that were answered last as Atom."""
    return _requests(request, Atom1Feed)


def requests_rss(request: Asked) -> HttpResponse:
    """The requests that were answered last as RSS."""
    return _requests(request, Rss201rev2Feed)


def _feed(request: Asked, sort: type[SyndicationFeed]) -> HttpResponse:
    readable(request)
    tell, names, here = telling(request.language), organisation_names(), origin()
    say = tell.words.say
    asked = asked_for(request)
    title = say("hall.disclosure.feed", tell.language, district=district_name(request))
    feed = _begun(
        request, sort, f"{tell.kind(asked['kind'], 'publication')} · {title}" if asked["kind"] else title,
        "publications", "hall.disclosure.what",
    )  # fmt: skip
    for one in reads.publications(request.zone, **asked, limit=LATEST):
        place = f"{here}{address('publication', one.id)}"
        feed.add_item(
            title=one.title, link=place, description=opening(one.opening, SUMMARY), unique_id=place,
            author_name=names[one.organisation].say(tell.language) if one.organisation in names else "",
            pubdate=one.published_at, updateddate=one.published_at,
            categories=(tell.kind(one.kind, "publication"),),
        )  # fmt: skip
    return _sent(feed)


def _requests(request: Asked, sort: type[SyndicationFeed]) -> HttpResponse:
    readable(request)
    found = reads.register()
    if found is None:
        raise NotFound
    tell, names, here = telling(request.language), organisation_names(), origin()
    say, case, now = tell.words.say, beside(found[0], found[1].case), request.clock.instant
    title = say("hall.register.feed", tell.language, district=district_name(request))
    feed = _begun(request, sort, title, "disclosure-requests", "hall.register.what")
    for one in reads.answered_requests(request.zone, at=now, limit=LATEST):
        office = names[one.organisation].say(tell.language) if one.organisation in names else ""
        outcome = tell.kind(case, "case", f"{one.step}.{one.outcome}") if one.outcome else ""
        received, answered = (
            at.astimezone(request.zone).date().isoformat() if at else "" for at in (one.opened_at, one.closed_at)
        )
        what = say(
            "hall.register.entry_what", tell.language, office=office, received=received, answered=answered,
            days=one.days, limit=one.limit,
        )  # fmt: skip
        late = say("hall.register.entry_late", tell.language) if one.late else ""
        said = f"{one.summary.title} {opening(one.summary.opening, SUMMARY)}" if one.summary else ""
        place = address("publication", one.summary.id) if one.summary else address("disclosure-requests")
        feed.add_item(
            title=say("hall.register.entry", tell.language, number=one.number, outcome=outcome), link=f"{here}{place}",
            description=" ".join(part for part in (said, what, late) if part), author_name=office,
            unique_id=f"{here}{address('disclosure-requests')}#{one.number}", pubdate=one.closed_at,
            updateddate=max(at for at in (one.closed_at, one.summary and one.summary.published_at) if at),
        )  # fmt: skip
    return _sent(feed)


def _begun(request: Asked, sort: type[SyndicationFeed], title: str, page: str, what: str) -> SyndicationFeed:
    """Return a feed without entries: what it is called, the page it is of, and what that page says of itself."""
    tell, here = telling(request.language), origin()
    return sort(
        title=title, link=f"{here}{address(page)}", description=tell.words.say(what, tell.language),
        language=request.language, feed_url=f"{here}{request.get_full_path()}",
    )  # fmt: skip


def _sent(feed: SyndicationFeed) -> HttpResponse:
    answer = HttpResponse(content_type=feed.content_type)
    feed.write(answer, "utf-8")
    answer["Cache-Control"] = f"public, max-age={SECONDS}"
    return answer

"""What is published, as feeds: Atom (RFC 4287) and RSS 2.0, of the whole list or of the part an address asks for."""

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
from zhihai.kernel.disclosure import reads

LATEST, SECONDS = 50, 300
SUMMARY = 300


def atom(request: Asked) -> HttpResponse:
    """The latest publications as Atom."""
    return _feed(request, Atom1Feed)


def rss(request: Asked) -> HttpResponse:
    """The latest publications as RSS."""
    return _feed(request, Rss201rev2Feed)


def _feed(request: Asked, sort: type[SyndicationFeed]) -> HttpResponse:
    readable(request)
    tell, names, here = telling(request.language), organisation_names(), origin()
    say = tell.words.say
    feed = sort(
        title=say("hall.disclosure.feed", tell.language, district=district_name(request)),
        link=f"{here}{address('publications')}", description=say("hall.disclosure.what", tell.language),
        language=request.language, feed_url=f"{here}{request.get_full_path()}",
    )  # fmt: skip
    for one in reads.publications(request.zone, **asked_for(request), limit=LATEST):
        place = f"{here}{address('publication', one.id)}"
        feed.add_item(
            title=one.title, link=place, description=opening(one.opening, SUMMARY), unique_id=place,
            author_name=names[one.organisation].say(tell.language) if one.organisation in names else "",
            pubdate=one.published_at, updateddate=one.published_at,
            categories=(tell.kind(one.kind, "publication"),),
        )  # fmt: skip
    answer = HttpResponse(content_type=feed.content_type)
    feed.write(answer, "utf-8")
    answer["Cache-Control"] = f"public, max-age={SECONDS}"
    return answer

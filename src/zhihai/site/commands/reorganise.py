"""``zhihai reorganise``: let one organisation take over from another, or one area end in another."""

from __future__ import annotations

import click

from zhihai.ground.actors import SYSTEM
from zhihai.ground.words import Language, Words
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.identity import reads as identities
from zhihai.kernel.identity.acts import Posts
from zhihai.kernel.journal import reads as journal
from zhihai.kernel.places import acts as places
from zhihai.kernel.places import reads as where
from zhihai.site.commands.usage import USAGE


def command(words: Words, language: Language) -> click.Command:
    """Return the command; ``what`` says which of the two trees it is about, ``old`` and ``new`` are codes in it."""

    def run(what: str, old: str, new: str, cause: str, kinds: tuple[str, ...], posts: Posts) -> int:
        at = journal.now()
        if what == "area":
            ending, heir = where.area_by_code(old), where.area_by_code(new)
            places.unite_areas(SYSTEM, ending.id, heir.id, at=at)
            names, key = (ending.name, heir.name), "area"
        else:
            office, successor = identities.organisation_by_code(old), identities.organisation_by_code(new)
            identity.succeed(SYSTEM, office.id, successor.id, cause, at=at, kinds=kinds or None, posts=posts)
            names, key = (office.name, successor.name), "part" if kinds else "organisation"
        facts = {"old": names[0].say(language), "new": names[1].say(language)}
        click.echo(words.say(f"command.reorganise.done.{key}", language, **facts))
        return 0

    return USAGE["reorganise"](words, language, run)

"""Who asked takes back that it be published: nothing is published after that, and what is public is due to go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.kernel.acting import AT
from tests.kernel.disclosure.test_answers import NAME, SAYS, ZONE, answered, begun, clerk, made_public
from tests.kernel.disclosure.tried import ANOTHER
from tests.kernel.identity.peopled import registered, resident_of, somebody
from tests.kernel.services.giving import ASKING, QUESTION, given

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.refusal import Conflict, NotFound, Refused
from zhihai.kernel.disclosure import acts, reads
from zhihai.kernel.services import reads as services


@pytest.fixture
def mine(district: str) -> Actor:
    (person,) = registered(somebody(1, NAME))
    return resident_of(person, NAME, 1)


def agreement(mine: Actor, number: str) -> reads.Agreement | None:
    return reads.agreement_of(services.own_application(mine, number, at=AT))


def waiting(publication: int) -> str:
    """What a publication waits for, among those that wait."""
    found = reads.desk_publications(SYSTEM, at=AT, waiting=True)
    return next((one.waiting for one in found if one.id == publication), "nothing")


def test_what_was_not_begun_can_not_be_begun(mine: Actor) -> None:
    number = answered(mine)
    before = agreement(mine, number)
    assert before is not None
    assert (before.ended_at, before.stands) == (None, "none")
    acts.take_back_agreement(mine, number, at=AT)
    after = agreement(mine, number)
    assert after is not None
    assert (after.ended_at, after.stands, after.publication) == (AT, "none", None)
    with pytest.raises(Refused, match="publication_matter_not_agreed"):
        begun(clerk(), number)
    with pytest.raises(Conflict, match="agreement_ended"):
        acts.take_back_agreement(mine, number, at=AT)


def test_a_draft_is_published_no_more_and_is_to_be_thrown_away(mine: Actor) -> None:
    number = answered(mine)
    draft = begun(clerk(), number)
    acts.review_version(ANOTHER, draft, 1, True, "不涉密，无个人信息", at=AT)
    acts.take_back_agreement(mine, number, at=AT)
    with pytest.raises(Refused, match="publication_agreement_ended"):
        acts.publish_version(ANOTHER, draft, 1, at=AT)
    assert waiting(draft) == "discarding"
    assert reads.desk_publication(SYSTEM, draft, at=AT).agreement_ended_at == AT
    acts.discard_version(clerk(), draft, at=AT)
    with pytest.raises(NotFound):
        reads.publication(draft, ZONE)


def test_what_is_public_is_due_and_only_taken_down(mine: Actor) -> None:
    number = answered(mine)
    public = made_public(begun(clerk(), number))
    assert waiting(public) == "nothing"
    acts.take_back_agreement(mine, number, at=AT)
    assert waiting(public) == "taking_down"
    still = agreement(mine, number)
    assert still is not None
    assert (still.stands, still.publication) == ("public", public)
    acts.write_version(clerk(), public, replace(SAYS, reason="补充"), at=AT)
    draft = reads.desk_publication(SYSTEM, public, at=AT).draft
    assert draft is not None
    acts.review_version(ANOTHER, public, draft.revision, True, "不涉密，无个人信息", at=AT)
    with pytest.raises(Refused, match="publication_agreement_ended"):
        acts.publish_version(ANOTHER, public, draft.revision, at=AT)
    with pytest.raises(Refused, match="publication_agreement_readable"):
        acts.withdraw_publication(ANOTHER, public, "不再公开", readable=True, at=AT)
    acts.withdraw_publication(ANOTHER, public, "不再公开", readable=False, at=AT)
    gone = agreement(mine, number)
    assert gone is not None
    assert gone.stands == "down"
    assert reads.answers().all == ()
    assert SAYS.body not in reads.publication(public, ZONE).shown.body


def test_nobody_takes_back_what_is_anothers_or_was_never_given(mine: Actor) -> None:
    (person,) = registered(somebody(2, "曾示例2"))
    other = resident_of(person, "曾示例2", 2)
    number = answered(mine)
    for by in (other, clerk()):
        with pytest.raises(NotFound):
            acts.take_back_agreement(by, number, at=AT)
    for agrees in (False, None):
        not_agreed = answered(mine, agrees=agrees)
        assert agreement(mine, not_agreed) is None
        with pytest.raises(Refused, match="agreement_none"):
            acts.take_back_agreement(mine, not_agreed, at=AT)


def test_it_is_taken_back_before_there_is_an_answer(mine: Actor) -> None:
    number = given(mine, ASKING, {**QUESTION, "publish": True}).number
    acts.take_back_agreement(mine, number, at=AT)
    found = agreement(mine, number)
    assert found is not None
    assert found.ended_at == AT


def test_publishing_and_taking_back_at_once_leave_nothing_public_that_is_not_due(
    mine: Actor, together: Callable[..., list[Any]]
) -> None:
    number = answered(mine)
    draft = begun(clerk(), number)
    acts.review_version(ANOTHER, draft, 1, True, "不涉密，无个人信息", at=AT)
    published, taken = together(
        lambda: acts.publish_version(ANOTHER, draft, 1, at=AT),
        lambda: acts.take_back_agreement(mine, number, at=AT),
    )
    assert taken is None
    assert waiting(draft) == ("taking_down" if published == 1 else "discarding")

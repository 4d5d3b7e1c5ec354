"""Powers are given only by one who has the power to give them there; tokens live as long as they should."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.named import Named
from zhihai.ground.refusal import NotFound, NotPermitted, Refused
from zhihai.kernel import records
from zhihai.kernel.identity import acts, reads
from zhihai.kernel.identity.account import Account
from zhihai.kernel.identity.kinds import SEE_CASES, SEND_READINGS, WORK_CASES
from zhihai.kernel.journal import reads as journal
from zhihai.kernel.places import reads as where

pytestmark = pytest.mark.usefixtures("district")
AT = datetime(2014, 2, 16, 16, tzinfo=UTC)
MACHINE = datetime(2026, 5, 1, tzinfo=UTC)
DISTRICT, EAST, WEST = "990101", "990101001", "990101002"


def actor(username: str, at: datetime = AT) -> Actor:
    return reads.actor_of(reads.account_named(username).id, at=at)


def grant(by: Actor, username: str, role: str, organisation: str, area: str, **more: Any) -> int:
    return acts.grant_role(
        by, reads.account_named(username).id, f"zhihai.{role}", reads.organisation_by_code(organisation).id,
        where.area_by_code(area).id, at=AT, ground="document 7", **more,
    )  # fmt: skip


def street_administrator() -> Actor:
    account = acts.create_account(SYSTEM, "east-administrator", Named("东岸权限管理员", "East administrator"), at=AT)
    grant(SYSTEM, "east-administrator", "administrator", EAST, EAST)
    return reads.actor_of(account, at=AT)


class TestGranting:
    def test_an_administrator_gives_roles_in_the_whole_district(self) -> None:
        grant(actor("administrator"), "reader", "inspector", EAST, WEST)
        assert actor("reader").may(WORK_CASES)

    @pytest.mark.parametrize(("organisation", "area"), [(DISTRICT, EAST), (EAST, DISTRICT), (WEST, EAST), (EAST, WEST)])
    def test_one_of_a_street_gives_none_beyond_it(self, organisation: str, area: str) -> None:
        by = street_administrator()
        grant(by, "reader", "inspector", EAST, EAST)
        with pytest.raises(NotPermitted):
            grant(by, "reader", "inspector", organisation, area)

    @pytest.mark.parametrize("username", ["dispatcher", "operator", "leader", "street-east", "stations"])
    def test_nobody_else_gives_any(self, username: str) -> None:
        with pytest.raises(NotPermitted):
            grant(actor(username), username, "administrator", EAST, EAST)

    def test_a_power_over_some_case_kinds_gives_no_roles(self) -> None:
        account = acts.create_account(SYSTEM, "narrow", Named("甲", "A"), at=AT)
        grant(SYSTEM, "narrow", "administrator", DISTRICT, DISTRICT, types=["air.inspection"])
        with pytest.raises(NotPermitted):
            grant(reads.actor_of(account, at=AT), "narrow", "administrator", EAST, EAST)

    def test_what_is_not_there_is_refused_by_name(self) -> None:
        reader, east = reads.account_named("reader").id, where.area_by_code(EAST).id
        office, role = reads.organisation_by_code(EAST).id, "zhihai.reader"
        for given, code in (
            ((reader, "zhihai.emperor", office, east), "no_role"),
            ((reader, role, 9999, east), "no_organisation"),
            ((reader, role, office, 9999), "no_organisation"),
            ((9999, role, office, east), "no_account"),
        ):
            with pytest.raises(Refused) as refused:
                acts.grant_role(SYSTEM, *given, at=AT)
            assert refused.value.code == code

    def test_a_role_ends_when_it_is_taken_away_and_only_by_one_who_may(self) -> None:
        membership = grant(SYSTEM, "reader", "inspector", WEST, WEST)
        with pytest.raises(NotPermitted):
            acts.revoke_role(street_administrator(), membership, at=AT, ground="moved")
        acts.revoke_role(actor("administrator"), membership, at=AT + timedelta(hours=1), ground="moved")
        assert actor("reader").may(WORK_CASES)
        assert not actor("reader", AT + timedelta(hours=1)).may(WORK_CASES)
        with pytest.raises(Refused) as refused:
            acts.revoke_role(SYSTEM, membership, at=AT + timedelta(hours=2))
        assert refused.value.code == "no_membership"

    def test_each_gift_is_an_entry_in_the_journal(self) -> None:
        by = actor("administrator")
        membership = grant(by, "reader", "inspector", EAST, EAST)
        last = journal.entries("account", reads.account_named("reader").id)[-1]
        assert (last.act, last.actor, last.data["membership"]) == ("identity.grant_role", by.account, membership)


class TestHolders:
    def holders(self, role: str, organisation: str, area: str, **more: Any) -> set[str]:
        place = reads.organisation_by_code(organisation).lo, where.area_by_code(area).lo
        post = reads.Post(f"zhihai.{role}", *place, AT, **more)
        found = reads.holders([post])[post]
        names = {account.id: account.username for account in reads.accounts()}
        return {names[id_] for id_ in found}

    def test_they_hold_the_role_over_the_place_in_both_trees(self) -> None:
        assert self.holders("street_official", EAST, EAST) == {"street-east", "sim-street"}
        assert self.holders("street_official", EAST, WEST) == {"sim-street"}
        assert self.holders("supervisor", WEST, WEST) == {"supervisor"}

    def test_one_who_holds_it_for_other_case_kinds_is_left_out(self) -> None:
        grant(SYSTEM, "reader", "supervisor", DISTRICT, DISTRICT, types=["weather.dust_check"])
        assert self.holders("supervisor", EAST, EAST, kind="weather.dust_check") == {"supervisor", "reader"}
        assert self.holders("supervisor", EAST, EAST, kind="air.inspection") == {"supervisor"}

    def test_one_who_is_switched_off_is_left_out(self) -> None:
        Account.objects.filter(username="sim-street").update(is_active=False)
        assert self.holders("street_official", EAST, EAST) == {"street-east"}


class TestAccounts:
    def test_a_name_of_sign_in_is_given_once(self) -> None:
        with pytest.raises(Refused) as refused:
            acts.create_account(SYSTEM, "reader", Named("乙", "B"), at=AT)
        assert (refused.value.code, refused.value.field) == ("account_taken", "username")

    def test_only_one_who_gives_roles_makes_accounts_and_nobody_makes_the_system(self) -> None:
        acts.create_account(actor("administrator"), "fresh", Named("乙", "B"), at=AT)
        with pytest.raises(NotPermitted):
            acts.create_account(actor("operator"), "fresher", Named("乙", "B"), at=AT)
        with pytest.raises(ValueError, match="system"):
            acts.create_account(SYSTEM, "root", Named("乙", "B"), at=AT, sort="system")

    def test_without_a_password_nobody_signs_in(self) -> None:
        assert not Account.objects.get(username="stations").has_usable_password()

    def test_a_password_is_changed_by_its_owner_or_the_system(self) -> None:
        own = actor("reader")
        acts.set_password(own, own.account, "a long enough one", at=AT)
        assert Account.objects.get(username="reader").check_password("a long enough one")
        with pytest.raises(NotPermitted):
            acts.set_password(actor("administrator"), own.account, "another", at=AT)
        assert "long enough" not in str(records.rows("SELECT data FROM journal_entry"))

    def test_one_who_is_switched_off_does_not_act(self) -> None:
        account = reads.account_named("reader").id
        Account.objects.filter(pk=account).update(is_active=False)
        with pytest.raises(NotFound):
            reads.actor_of(account, at=AT)


class TestTokens:
    def issue(self, username: str = "stations", **more: Any) -> str:
        account = reads.account_named(username).id
        return acts.issue_token(SYSTEM, account, at=AT, at_machine=MACHINE, **more)

    def test_it_stands_for_its_account_until_it_expires(self) -> None:
        token = self.issue(days=2)
        last_moment = MACHINE + timedelta(days=2) - timedelta(seconds=1)
        assert reads.actor_of_token(token, at=AT, at_machine=last_moment) == actor("stations")
        with pytest.raises(NotPermitted) as refused:
            reads.actor_of_token(token, at=AT, at_machine=MACHINE + timedelta(days=2))
        assert refused.value.code == "token_unknown"

    def test_district_time_does_not_touch_it(self) -> None:
        token = self.issue()
        assert reads.actor_of_token(token, at=AT + timedelta(days=3650), at_machine=MACHINE).account

    def test_it_may_do_less_than_its_account_and_never_more(self) -> None:
        narrow = reads.actor_of_token(
            self.issue("inspector", powers=[SEE_CASES, SEND_READINGS]), at=AT, at_machine=MACHINE
        )
        assert (narrow.may(SEE_CASES), narrow.may(WORK_CASES), narrow.may(SEND_READINGS)) == (True, False, False)

    def test_a_revoked_one_is_worth_nothing(self) -> None:
        token = self.issue()
        number = records.value("SELECT id FROM api_token")
        with pytest.raises(NotPermitted):
            acts.revoke_token(actor("operator"), number, at=AT, at_machine=MACHINE)
        acts.revoke_token(actor("stations"), number, at=AT, at_machine=MACHINE)
        with pytest.raises(NotPermitted):
            reads.actor_of_token(token, at=AT, at_machine=MACHINE)
        with pytest.raises(Refused):
            acts.revoke_token(SYSTEM, number, at=AT, at_machine=MACHINE)

    def test_it_is_kept_nowhere(self) -> None:
        token = self.issue()
        tables = records.rows("SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relname !~ '^(pg|sql)_'")
        for (table,) in tables:
            assert not records.rows(f'SELECT 1 FROM "{table}" t WHERE t::text LIKE %s', (f"%{token[3:]}%",))

    def test_a_guess_is_worth_nothing(self) -> None:
        self.issue()
        for guess in ("", "zh_", "zh_" + "A" * 43, "x" * 10_000):
            with pytest.raises(NotPermitted):
                reads.actor_of_token(guess, at=AT, at_machine=MACHINE)

    def test_it_is_issued_by_its_owner_or_the_system_only(self) -> None:
        account = reads.account_named("inspector").id
        assert acts.issue_token(actor("inspector"), account, at=AT, at_machine=MACHINE)
        with pytest.raises(NotPermitted):
            acts.issue_token(actor("administrator"), account, at=AT, at_machine=MACHINE)
        with pytest.raises(NotFound):
            acts.issue_token(SYSTEM, 9999, at=AT, at_machine=MACHINE)

    @pytest.mark.parametrize(
        ("more", "code"),
        [({"days": 0}, "token_days"), ({"days": 3661}, "token_days"), ({"powers": ["fly"]}, "no_power")],
    )
    def test_what_makes_no_sense_is_refused(self, more: dict[str, object], code: str) -> None:
        with pytest.raises(Refused) as refused:
            self.issue(**more)
        assert refused.value.code == code


class TestOrganisations:
    def tree(self) -> list[acts.OrganisationInput]:
        return [
            acts.OrganisationInput(
                code=one.code, sort=one.sort, name=one.name, parent=None if one.parent is None else DISTRICT
            )
            for one in reads.organisations()
        ]

    def test_a_tree_renewed_must_name_everything_that_is_in_it(self) -> None:
        inputs = self.tree()
        assert acts.load_organisations(SYSTEM, inputs, at=AT) == 6
        with pytest.raises(Refused) as refused:
            acts.load_organisations(SYSTEM, inputs[:-1], at=AT)
        assert refused.value.facts == {"code": inputs[-1].code}

    def test_an_area_that_is_not_there_is_named_and_nothing_is_written(self) -> None:
        name = Named("乙", "B")
        fresh = acts.OrganisationInput(code="x", sort="street", parent=DISTRICT, name=name, area="nowhere")
        with pytest.raises(Refused) as refused:
            acts.load_organisations(SYSTEM, [*self.tree(), fresh], at=AT)
        assert refused.value.field == "organisations.x.area"
        with pytest.raises(NotFound):
            reads.organisation_by_code("x")

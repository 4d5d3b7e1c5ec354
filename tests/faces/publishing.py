"""Publications of the staged district: one that was amended, with a file and a draft of its next version."""

from __future__ import annotations

from datetime import date, datetime

from tests.kernel.forms.applying import a_png

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.named import Named
from zhihai.kernel.disclosure import acts, reads
from zhihai.kernel.disclosure.kinds import VersionInput
from zhihai.kernel.identity import acts as identity_acts
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.places import reads as places

WRITER, PUBLISHER = "disclosure_writer", "disclosure_publisher"
"""Who writes and who publishes: the accounts are called as their roles are."""
TITLE = "示例区水资源规划（2014—2020）"
BODY = """# 总则

第一条 为了节约用水，制定本规划。<script>alert(1)</script>

| 年份 | 用水量（万立方米） |
| --- | ---: |
| 2014 | 1200 |

- 见[水务公告](https://example.org/water)，或[此处](javascript:alert(1))
"""


def _account(username: str, name: Named, at: datetime) -> Actor:
    made = identity_acts.create_account(SYSTEM, username, name, at=at)
    identity_acts.set_password(SYSTEM, made, "a password of a test", at=at)
    district, area = identity.organisation_by_code("990101").id, places.area_by_code("990101").id
    identity_acts.grant_role(SYSTEM, made, f"zhihai.{username}", district, area, at=at)
    return identity.actor_of(made, at=at)


def settle_publications(at: datetime) -> None:
    """Let one official write and another publish: late, amended, and with a draft that waits to be reviewed."""
    writer = _account(WRITER, Named("公开编辑", "Writer"), at)
    publisher = _account(PUBLISHER, Named("公开审核员", "Publisher"), at)
    office = identity.organisation_by_code("990101-environment").id
    says = VersionInput(title=TITLE, body=BODY, made_on=date(2013, 11, 4), number="示水发〔2013〕7 号")
    made = acts.begin_publication(writer, "government_information.plans", office, says, at=at)
    acts.attach_to_version(writer, made, "规划图.png", a_png(), at=at)
    for reason, revision in (("", 2), ("更正用水量", 1)):
        if reason:
            again = VersionInput(title=TITLE, body=BODY, made_on=says.made_on, number=says.number, reason=reason)
            acts.write_version(writer, made, again, at=at)
        acts.review_version(publisher, made, revision, True, "不涉密，保密法第十五条", at=at)
        acts.publish_version(publisher, made, revision, at=at)
    acts.write_version(
        writer, made, VersionInput(title=TITLE, body=BODY, made_on=says.made_on, reason="补充附件"), at=at
    )


def staged_publication() -> int:
    """Return the number of what is published."""
    return reads.desk_publications(SYSTEM, at=_NOW)[0].id


_NOW = datetime.fromisoformat("2014-02-18T00:00:00Z")


def staged_attachment() -> str:
    """Return the key of its file."""
    return reads.desk_publication(SYSTEM, staged_publication(), at=_NOW).files[0].key

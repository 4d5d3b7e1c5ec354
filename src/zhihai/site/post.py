"""Handing a notice's mail to the mail server that is set."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import EmailMessage

from zhihai.faces.stopping import stop_address
from zhihai.kernel import house
from zhihai.kernel.channels.acts import Message


def post(message: Message) -> None:
    """Send one mail; returns when the server has taken it over and raises otherwise.

    Where its receiver may stop what it tells, it says how: in its text, and in headers for a click (RFC 8058).
    """
    headers, lines = {"Message-ID": f"<{message.reference}>"}, [message.text]
    say, language = house.words().say, message.language
    if message.link:
        lines.append(say("post.open", language, link=f"{settings.ZHIHAI_ORIGIN}{message.link}"))
    if message.stops:
        link = stop_address(message.addressee, message.way, message.stops)
        lines.append(say("post.stop", language, link=link))
        headers |= {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    EmailMessage(subject=message.subject, body="\n\n".join(lines), to=[message.to], headers=headers).send()

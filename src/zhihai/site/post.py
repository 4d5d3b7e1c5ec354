"""Handing a notice's mail to the mail server that is set."""

from __future__ import annotations

from django.core.mail import EmailMessage

from zhihai.kernel.channels.acts import Mail


def post(mail: Mail) -> None:
    """Send one mail; returns when the server has taken it over and raises otherwise."""
    message = EmailMessage(
        subject=mail.subject, body=mail.text, to=[mail.to], headers={"Message-ID": f"<{mail.reference}>"}
    )
    message.send(fail_silently=False)

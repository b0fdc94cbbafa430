"""What carries messages out: SMTP for mail; for phones an interface, and one for development."""

import smtplib
import ssl
from email.message import EmailMessage
from typing import Protocol
from urllib.parse import unquote, urlsplit

from directory.privacy.rules import mask_email, mask_phone
from directory.registrations.confirmations import Channel, Outgoing
from foundation.logs import get_log

log = get_log("messages")

LIMIT_S = 20.0


class Sender(Protocol):
    """Hands a message over, or raises OSError."""

    def send(self, outgoing: Outgoing) -> None: ...


class SmtpSender:
    """Sends mail by `smtp://user:password@host:587` (STARTTLS where offered) or `smtps://`."""

    def __init__(self, url: str, sender: str) -> None:
        self._url = urlsplit(url)
        self._sender = sender

    def send(self, outgoing: Outgoing) -> None:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self._sender, outgoing.address, "仪享 Yixiang"
        mail.set_content(outgoing.text)
        host, context = self._url.hostname or "localhost", ssl.create_default_context()
        if self._url.scheme == "smtps":
            with smtplib.SMTP_SSL(
                host, self._url.port or 465, timeout=LIMIT_S, context=context
            ) as smtp:
                self._hand_over(smtp, mail)
            return
        with smtplib.SMTP(host, self._url.port or 587, timeout=LIMIT_S) as smtp:
            smtp.ehlo()
            if smtp.has_extn("starttls"):
                smtp.starttls(context=context)
            self._hand_over(smtp, mail)

    def _hand_over(self, smtp: smtplib.SMTP, mail: EmailMessage) -> None:
        if self._url.username:
            smtp.login(unquote(self._url.username), unquote(self._url.password or ""))
        smtp.send_message(mail)


class DevelopmentSender:
    """Sends nothing: writes the text to the log, and says that it is for development only."""

    def send(self, outgoing: Outgoing) -> None:
        is_phone = outgoing.channel is Channel.PHONE
        log.warning(
            "DEVELOPMENT SENDER: nothing was sent, this is the text",
            channel=outgoing.channel,
            address=(mask_phone if is_phone else mask_email)(outgoing.address),
            text=outgoing.text,
        )


class Senders:
    """Picks the sender for a message's channel."""

    def __init__(self, by_channel: dict[Channel, Sender]) -> None:
        self._by_channel = by_channel

    def send(self, outgoing: Outgoing) -> None:
        self._by_channel[outgoing.channel].send(outgoing)


def make_senders(smtp_url: str, mail_from: str) -> Senders:
    """Return SMTP for mail where it is set up; phones have the development sender only.

    A text message is sent by a licensed operator's template service: bring a Sender for it.
    """
    mail: Sender = SmtpSender(smtp_url, mail_from) if smtp_url else DevelopmentSender()
    return Senders({Channel.EMAIL: mail, Channel.PHONE: DevelopmentSender()})

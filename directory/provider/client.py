"""The provider as we reach it over the network: bounded in time, size and number.

Nothing here is called inside a transaction. What is asked seldom (the discovery document, the
keys) is kept; a provider that is away is not asked again at once.
"""

import json
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

import httpx

from directory.people.errors import SignInBusy
from directory.provider.errors import (
    IdentityTokenRefused,
    ProviderAway,
    ProviderNotOffered,
    ProviderRefused,
)
from directory.provider.rules import (
    Expected,
    Marks,
    Metadata,
    UnfitAnswer,
    display_name,
    find_faults,
    has_second_factor,
    problem,
    read_metadata,
    with_parameters,
)
from directory.provider.tokens import Keys, UnknownKey, open_token, read_keys
from foundation.logs import get_log
from foundation.settings import Settings

log = get_log("provider")

CALLS_MAX: Final = 4
"""How many threads may wait for the provider; the others serve everyone else."""
STEP_S: Final = 3.0
WHOLE_S: Final = 6.0
ANSWER_BYTES_MAX: Final = 256 * 1024
KEPT: Final = timedelta(hours=1)
KEYS_AGAIN_AFTER: Final = timedelta(seconds=10)
"""A key that we do not know makes us look again, but no more often than this."""
AWAY_FOR: Final = timedelta(seconds=5)
OK: Final = 200
REFUSALS: Final = range(400, 500)
RETURN_PATH: Final = "/sign-in/return"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is, in the provider's words, after all of them were checked."""

    issuer: str
    subject: str
    display_name: str
    with_second_factor: bool
    """The provider says that it asked for two factors, in a word the deployment trusts."""


class Provider:
    """One OpenID provider; a process has one of these, or one that is not offered."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._slots = threading.BoundedSemaphore(CALLS_MAX)
        self._lock = threading.Lock()
        self._client: httpx.Client | None = None
        self._metadata: tuple[Metadata, datetime] | None = None
        self._keys: tuple[Keys, datetime] | None = None
        self._away_until: datetime | None = None

    @property
    def is_offered(self) -> bool:
        return bool(self._settings.oidc_issuer)

    @property
    def return_address(self) -> str:
        """Return where the provider sends browsers back to: one address, never a caller's."""
        return self._settings.public_url.rstrip("/") + RETURN_PATH

    def examine(self, *, now: datetime) -> Metadata:
        """Ask it for its discovery document and its keys, for somebody who sets it up.

        Raises:
            ProviderNotOffered: where there is none.
            ProviderAway: for a reason that its cause tells.
        """
        metadata = self._read_metadata(now)
        with self._asking(now):
            self._read_keys(metadata, now, kept=KEPT)
        return metadata

    def way_out(self, marks: Marks, *, now: datetime) -> str:
        """Return the provider's address for a browser to begin its trip at.

        Raises:
            ProviderNotOffered: where there is none.
            ProviderAway: when it cannot be asked how.
        """
        parameters = {
            "response_type": "code",
            "client_id": self._settings.oidc_client_id,
            "redirect_uri": self.return_address,
            "scope": self._settings.oidc_scope,
            "state": marks.state,
            "nonce": marks.nonce,
            "code_challenge": marks.challenge,
            "code_challenge_method": "S256",
        }
        if self._settings.oidc_second_factor_acr:
            parameters["acr_values"] = " ".join(self._settings.acr_of_second_factor)
        return with_parameters(self._read_metadata(now).authorization_endpoint, parameters)

    def sign_out_address(self, *, now: datetime) -> str | None:
        """Return where one signs out of the provider itself; None: it has no such page.

        Raises:
            ProviderNotOffered: where there is none.
            ProviderAway: when it cannot be asked.
        """
        page = self._read_metadata(now).end_session_endpoint
        return page and with_parameters(
            page,
            {
                "client_id": self._settings.oidc_client_id,
                "post_logout_redirect_uri": self._settings.public_url.rstrip("/") + "/",
            },
        )

    def identify(self, *, code: str, issuer: str | None, marks: Marks, now: datetime) -> Identity:
        """Exchange a code for an identity token, and believe it only if everything is right.

        Raises:
            ProviderAway: when it does not answer as a provider does.
            ProviderRefused: when it does not take the code.
            IdentityTokenRefused: with every fault of the token, or of who answered.
        """
        metadata = self._read_metadata(now)
        # Before the code goes anywhere: it may be another provider's.
        if issuer != metadata.issuer and (issuer is not None or metadata.names_itself):
            raise IdentityTokenRefused([problem("wrong_issuer")])
        with self._asking(now):
            claims = self._open(self._exchange(metadata, code, marks.verifier), metadata, now)
        expected = Expected(metadata.issuer, self._settings.oidc_client_id, marks.nonce)
        if faults := find_faults(claims, expected, now):
            raise IdentityTokenRefused(faults)
        return Identity(
            issuer=metadata.issuer,
            subject=claims["sub"],
            display_name=display_name(claims),
            with_second_factor=has_second_factor(
                claims,
                amr=self._settings.amr_of_second_factor,
                acr=self._settings.acr_of_second_factor,
            ),
        )

    def _read_metadata(self, now: datetime) -> Metadata:
        if not self.is_offered:
            raise ProviderNotOffered
        if (kept := self._metadata) and now - kept[1] < KEPT:
            return kept[0]
        issuer = self._settings.oidc_issuer
        with self._asking(now):
            address = issuer.rstrip("/") + "/.well-known/openid-configuration"
            metadata = read_metadata(self._fetch(address), issuer)
        self._metadata = metadata, now
        return metadata

    def _open(self, token: str, metadata: Metadata, now: datetime) -> Mapping[str, Any]:
        """Open a token, looking for keys anew once if it names one that we do not know."""
        try:
            return open_token(token, self._read_keys(metadata, now, kept=KEPT))
        except UnknownKey:
            pass
        try:
            return open_token(token, self._read_keys(metadata, now, kept=KEYS_AGAIN_AFTER))
        except UnknownKey:
            raise IdentityTokenRefused([problem("unknown_key")]) from None

    def _read_keys(self, metadata: Metadata, now: datetime, *, kept: timedelta) -> Keys:
        if (known := self._keys) and now - known[1] < kept:
            return known[0]
        keys = read_keys(self._fetch(metadata.jwks_uri))
        self._keys = keys, now
        return keys

    def _exchange(self, metadata: Metadata, code: str, verifier: str) -> str:
        client_id = self._settings.oidc_client_id
        secret = self._settings.oidc_client_secret.get_secret_value()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.return_address,
            "code_verifier": verifier,
        }
        auth = None
        if secret and not metadata.takes_secret_in_body:
            # RFC 6749, 2.3.1: both are encoded as in a form before they are joined.
            auth = httpx.BasicAuth(quote(client_id, safe=""), quote(secret, safe=""))
        else:
            form |= {"client_id": client_id} | ({"client_secret": secret} if secret else {})
        status, answer = self._send("POST", metadata.token_endpoint, form=form, auth=auth)
        if status in REFUSALS:
            log.warning("the provider took no code", status=status, error=str(answer.get("error")))
            raise ProviderRefused
        if status != OK:
            raise UnfitAnswer(f"its token endpoint says {status}")
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise UnfitAnswer("its token endpoint gives no identity token")
        return token

    def _fetch(self, address: str) -> Mapping[str, Any]:
        status, document = self._send("GET", address)
        if status != OK:
            raise UnfitAnswer(f"{address} says {status}")
        return document

    def _send(
        self,
        method: str,
        address: str,
        *,
        form: Mapping[str, str] | None = None,
        auth: httpx.BasicAuth | None = None,
    ) -> tuple[int, Mapping[str, Any]]:
        """Ask for a JSON object, following nobody elsewhere."""
        body, ends = b"", time.monotonic() + WHOLE_S
        with self._connected().stream(
            method,
            address,
            data=form,
            auth=auth,
            # Not packed, so that what is read is as long as it is.
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
        ) as answer:
            for part in answer.iter_raw():
                body += part
                if len(body) > ANSWER_BYTES_MAX or time.monotonic() > ends:
                    raise UnfitAnswer(f"{address} answers too much, or too slowly")
        try:
            document = json.loads(body)
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            raise UnfitAnswer(f"{address} says {answer.status_code}, and no JSON object")
        return answer.status_code, document

    @contextmanager
    def _asking(self, now: datetime) -> Iterator[None]:
        """Take one of the few places to wait at, and say plainly when the wait was in vain."""
        if self._away_until and now < self._away_until:
            raise ProviderAway
        if not self._slots.acquire(blocking=False):
            raise SignInBusy
        try:
            yield
        except (UnfitAnswer, httpx.HTTPError, httpx.InvalidURL) as error:
            log.warning("the provider is away", reason=str(error), kind=type(error).__name__)
            # Only what no caller can bring about: a strange code may be answered strangely.
            if isinstance(error, httpx.TransportError):
                self._away_until = now + AWAY_FOR
            raise ProviderAway from error
        finally:
            self._slots.release()

    def _connected(self) -> httpx.Client:
        with self._lock:
            if self._client is None:
                self._client = httpx.Client(
                    timeout=STEP_S,
                    follow_redirects=False,
                    trust_env=False,
                    verify=ssl.create_default_context(),  # whom the host trusts
                )
            return self._client

    def close(self) -> None:
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None

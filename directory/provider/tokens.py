"""Signatures of identity tokens, and the keys they are checked by. Wraps joserfc."""

import json
from collections.abc import Mapping
from typing import Any, Final

from joserfc import jws
from joserfc.errors import InvalidKeyIdError, JoseError, UnsupportedAlgorithmError
from joserfc.jwk import JWKRegistry, Key, KeySet

from directory.provider.errors import IdentityTokenRefused
from directory.provider.rules import UnfitAnswer, problem

ALGORITHMS: Final = ("RS256", "PS256", "ES256")
"""Asymmetric ones only: by `none` anybody signs, by HS256 whoever knows a public key."""
RSA_MODULUS_LENGTH_MIN: Final = 342
"""2048 bits, in characters of base64."""
KEYS_MAX: Final = 50


Keys = KeySet


class UnknownKey(Exception):
    """The token names a key that is not in the set: it may have been added since."""


def read_keys(document: Mapping[str, Any]) -> Keys:
    """Read a provider's public keys, leaving out those of kinds we do not take.

    Raises:
        UnfitAnswer: when none is left.
    """
    found = document.get("keys")
    keys = (
        [key for one in found[:KEYS_MAX] if (key := _key(one))] if isinstance(found, list) else []
    )
    if not keys:
        raise UnfitAnswer("it publishes no key that we could check a signature by")
    return Keys(keys)


def _key(document: object) -> Key | None:
    if not isinstance(document, dict) or document.get("kty") not in ("RSA", "EC"):
        return None
    if document["kty"] == "RSA" and len(str(document.get("n"))) < RSA_MODULUS_LENGTH_MIN:
        return None
    try:
        return JWKRegistry.import_key(document)
    except (JoseError, ValueError, KeyError, TypeError):
        return None


def open_token(text: str, keys: Keys) -> Mapping[str, Any]:
    """Return what a token claims, once its signature is found good.

    Raises:
        UnknownKey: when it names a key that is not among these.
        IdentityTokenRefused: for every other fault.
    """
    registry = jws.JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
    try:
        claims = json.loads(jws.deserialize_compact(text, keys, registry=registry).payload or b"")
    except InvalidKeyIdError as error:
        raise UnknownKey from error
    except UnsupportedAlgorithmError as error:
        raise IdentityTokenRefused([problem("wrong_algorithm")]) from error
    except JoseError as error:
        code = "bad_signature" if error.error == "bad_signature" else "malformed"
        raise IdentityTokenRefused([problem(code)]) from error
    except (ValueError, RecursionError) as error:
        raise IdentityTokenRefused([problem("malformed")]) from error
    if not isinstance(claims, dict):
        raise IdentityTokenRefused([problem("malformed")])
    return claims

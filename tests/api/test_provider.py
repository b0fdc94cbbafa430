"""Signing in by an OpenID provider, against one on a real socket: the way, and what it asks."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cli.doctor import examine_provider
from cli.examinations import Verdict
from directory.audit.tables import AuditEntry
from directory.notices.tables import Notice
from directory.people.tables import LinkedAccount, Person, SignIn, SignInTrip
from directory.people.totp import code_at, step_of
from foundation.clock import read_clock
from foundation.tenancy import Acting, enter, leave
from tests import make
from tests.api.conftest import SignedInAs
from tests.api.test_account import StoppedClock, set_second_factor
from tests.api.travelling import PUBLIC, ROUTES, begin, code_of, come_back, link, set_up, travel
from tests.cast import Cast
from tests.identity_provider import CLIENT_ID, IdentityProvider, walk


def audited(session: Session) -> list[str]:
    found = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id))
    return [action for action in found if action != "second_factor.set"]


# The way


def test_linked_identity_signs_in(
    provider: IdentityProvider,
    cast: Cast,
    signed_in_as: SignedInAs,
    stranger: TestClient,
    session: Session,
) -> None:
    linked = link(signed_in_as(cast.alice))
    assert (linked.json()["outcome"], linked.json()["to"]) == ("linked", "/account")

    arrived = travel(stranger, "/my?view=past")

    assert arrived.status_code == 200, arrived.text
    assert arrived.json()["outcome"] == "signed_in"
    assert arrived.json()["to"] == "/my?view=past"
    assert arrived.json()["person"]["login"] == cast.alice.login
    me = stranger.get("/api/v1/me").json()
    assert (me["login"], me["by_provider"]) == (cast.alice.login, True)
    assert audited(session) == ["linked_account.link", "person.sign_in_by_provider"]
    assert "identity_linked" in session.scalars(select(Notice.kind)).all()
    assert session.scalars(select(SignInTrip)).all() == []
    assert provider.asked.count("/keys") == 1, "keys are kept"


def test_way_out_carries_all_that_binds_the_answer(
    provider: IdentityProvider, stranger: TestClient
) -> None:
    answer = stranger.post(f"{ROUTES}/trips", json={"to": "/my"})

    address = answer.json()["address"]
    assert address.startswith(f"{provider.issuer}/authorize?")
    for part in ("code_challenge_method=S256", "response_type=code", "nonce=", "state="):
        assert part in address
    assert "redirect_uri=http%3A%2F%2Flocalhost%3A8765%2Fsign-in%2Freturn" in address
    cookie = answer.headers["set-cookie"].lower()
    assert "yixiang-trip=" in cookie
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "max-age=600" in cookie
    assert stranger.cookies["yixiang-trip"] not in address


def test_unknown_identity_signs_nobody_in_and_is_told_what_to_do(
    provider: IdentityProvider, cast: Cast, stranger: TestClient
) -> None:
    # A name that an account bears links nothing.
    provider.subject.name = cast.alice.login

    arrived = travel(stranger)

    assert arrived.json()["outcome"] == "unknown"
    assert arrived.json()["display_name"] == cast.alice.login
    assert arrived.json()["person"] is None
    assert stranger.get("/api/v1/me").status_code == 401


@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize(
    "to", ["https://evil.example/", "//evil.example", "/\\evil.example", "/a\tb", "my"]
)
def test_way_back_never_leads_to_another_site(stranger: TestClient, to: str) -> None:
    assert travel(stranger, to).json()["to"] == "/"


def test_nothing_is_offered_where_no_provider_is_set_up(
    stranger: TestClient, cast: Cast, signed_in_as: SignedInAs
) -> None:
    assert stranger.get(ROUTES).json()["is_offered"] is False
    refused = stranger.post(f"{ROUTES}/trips", json={"to": "/"})
    assert code_of(refused) == (404, "provider_not_offered")
    linking = signed_in_as(cast.alice).post(
        "/api/v1/me/linked-accounts", json={"password": make.PASSWORD}
    )
    assert code_of(linking) == (404, "provider_not_offered")


# Linking


def test_account_is_unlinked_and_what_it_opened_elsewhere_ends(
    provider: IdentityProvider,
    cast: Cast,
    signed_in_as: SignedInAs,
    stranger: TestClient,
    session: Session,
) -> None:
    alice = signed_in_as(cast.alice)
    link(alice)
    travel(stranger)
    [row] = alice.get("/api/v1/me/linked-accounts").json()["items"]
    assert row["issuer"] == provider.issuer
    assert row["used_at"] is not None

    assert alice.delete(f"/api/v1/me/linked-accounts/{row['id']}").status_code == 204

    assert alice.get("/api/v1/me/linked-accounts").json()["items"] == []
    assert stranger.get("/api/v1/me").status_code == 401
    assert alice.get("/api/v1/me").status_code == 200
    assert travel(stranger).json()["outcome"] == "unknown"
    assert audited(session)[-1] == "linked_account.unlink"
    again = alice.delete(f"/api/v1/me/linked-accounts/{row['id']}")
    assert code_of(again) == (404, "link_not_found")


@pytest.mark.usefixtures("provider")
def test_linking_asks_for_the_password_again(cast: Cast, signed_in_as: SignedInAs) -> None:
    answer = signed_in_as(cast.alice).post(
        "/api/v1/me/linked-accounts", json={"password": "not hers"}
    )

    assert code_of(answer) == (401, "sign_in_failed")


def test_identity_is_one_persons_only(
    provider: IdentityProvider, cast: Cast, signed_in_as: SignedInAs
) -> None:
    alice, bob = signed_in_as(cast.alice), signed_in_as(cast.bob)
    link(alice)

    assert code_of(link(bob)) == (409, "already_linked")
    provider.subject.sub = "another"
    assert code_of(link(alice)) == (409, "already_linked"), "one identity a person and provider"
    assert link(bob).json()["outcome"] == "linked"


@pytest.mark.usefixtures("provider")
def test_link_begun_by_one_ends_in_nobody_elses_account(
    cast: Cast,
    signed_in_as: SignedInAs,
    session: Session,
) -> None:
    """The trip's cookie alone is not enough: it ends in the sign-in that began it."""
    bob = signed_in_as(cast.bob)
    begun = bob.post("/api/v1/me/linked-accounts", json={"password": make.PASSWORD})
    brought = walk(begun.json()["address"])
    alice = signed_in_as(cast.alice)
    alice.cookies.set("yixiang-trip", bob.cookies["yixiang-trip"])

    assert code_of(come_back(alice, brought)) == (403, "trip_unknown")
    assert session.scalars(select(LinkedAccount)).all() == []


@pytest.mark.usefixtures("provider")
def test_closed_account_is_not_signed_in_to(
    cast: Cast,
    signed_in_as: SignedInAs,
    stranger: TestClient,
    session: Session,
) -> None:
    link(signed_in_as(cast.alice))
    session.execute(update(Person).where(Person.id == cast.alice.id).values(is_active=False))
    session.commit()

    assert code_of(travel(stranger)) == (403, "account_closed")


# The second factor


@pytest.fixture
def clock(app: FastAPI) -> StoppedClock:
    """Stops at what is now, as the provider's tokens are of now."""
    stopped = StoppedClock(app)
    stopped.now = read_clock()
    return stopped


@pytest.mark.usefixtures("provider")
def test_our_second_factor_is_asked_for_after_the_providers_answer(
    clock: StoppedClock,
    cast: Cast,
    signed_in_as: SignedInAs,
    stranger: TestClient,
) -> None:
    oscar = signed_in_as(cast.oscar)
    secret, _ = set_second_factor(oscar, clock)
    link(oscar)

    brought = walk(begin(stranger, "/due"))
    assert come_back(stranger, brought).json()["outcome"] == "second_factor"
    assert stranger.get("/api/v1/me").status_code == 401
    assert code_of(come_back(stranger, brought)) == (403, "trip_unknown"), "taken once all the same"
    wrong = stranger.post(f"{ROUTES}/second-factor", json={"code": "000000"})
    assert code_of(wrong) == (401, "second_factor_wrong")

    clock.pass_by(30)
    code = code_at(secret, step_of(clock.now))
    given = stranger.post(f"{ROUTES}/second-factor", json={"code": code})
    assert (given.json()["outcome"], given.json()["to"]) == ("signed_in", "/due")
    assert stranger.get("/api/v1/me").json()["login"] == cast.oscar.login
    clock.pass_by(30)
    again = TestClient(stranger.app, cookies={"yixiang-trip": "x"})
    assert code_of(again.post(f"{ROUTES}/second-factor", json={"code": code})) == (
        403,
        "trip_unknown",
    )


@pytest.mark.usefixtures("provider")
def test_second_factor_is_not_guessed_for_long(
    clock: StoppedClock,
    cast: Cast,
    signed_in_as: SignedInAs,
    stranger: TestClient,
) -> None:
    oscar = signed_in_as(cast.oscar)
    set_second_factor(oscar, clock)
    link(oscar)
    travel(stranger)

    guesses = [
        stranger.post(f"{ROUTES}/second-factor", json={"code": f"{n:06}"}).status_code
        for n in range(11)
    ]

    assert guesses == [401] * 10 + [429]


@pytest.mark.parametrize(
    ("settings", "amr", "acr", "is_trusted"),
    [
        ({}, ["pwd", "mfa"], "gold", False),
        ({"oidc_second_factor_amr": "mfa,otp"}, ["pwd", "mfa"], "", True),
        ({"oidc_second_factor_amr": "mfa,otp"}, ["pwd"], "gold", False),
        ({"oidc_second_factor_acr": "gold"}, ["pwd"], "gold", True),
        ({"oidc_second_factor_acr": "gold"}, ["gold"], "silver", False),
    ],
)
def test_providers_second_factor_counts_only_in_words_that_are_trusted(
    app: FastAPI,
    provider: IdentityProvider,
    cast: Cast,
    signed_in_as: SignedInAs,
    stranger: TestClient,
    *,
    settings: dict[str, str],
    amr: list[str],
    acr: str,
    is_trusted: bool,
) -> None:
    link(signed_in_as(cast.oscar))
    set_up(app, oidc_issuer=provider.issuer, second_factor_roles="operator", **settings)
    provider.subject.amr, provider.subject.acr = amr, acr

    assert travel(stranger).json()["outcome"] == "signed_in"

    assert stranger.get("/api/v1/me").json()["must_set_second_factor"] is not is_trusted
    due = stranger.get("/api/v1/due-dates")
    assert due.status_code == (200 if is_trusted else 403), due.text


def test_expired_password_does_not_hinder_who_came_without_it(
    app: FastAPI,
    provider: IdentityProvider,
    cast: Cast,
    signed_in_as: SignedInAs,
    stranger: TestClient,
) -> None:
    alice = signed_in_as(cast.alice)
    link(alice)
    set_up(app, oidc_issuer=provider.issuer, password_policy="mlps")
    assert code_of(alice.get("/api/v1/reservations")) == (403, "password_expired")

    travel(stranger)

    assert stranger.get("/api/v1/reservations").status_code == 200


def test_one_may_sign_out_of_the_provider_too(
    provider: IdentityProvider, stranger: TestClient
) -> None:
    address = stranger.get(f"{ROUTES}/sign-out").json()["address"]

    assert address == (
        f"{provider.issuer}/leave?from=app&client_id={CLIENT_ID}"
        "&post_logout_redirect_uri=http%3A%2F%2Flocalhost%3A8765%2F"
    )
    assert stranger.get(ROUTES).json() == {
        "is_offered": True,
        "name_zh": "统一身份认证",
        "name_en": "single sign-on",
    }


@pytest.mark.usefixtures("provider")
def test_sign_in_by_provider_is_stored_as_such_and_hashed(
    cast: Cast,
    signed_in_as: SignedInAs,
    stranger: TestClient,
    session: Session,
) -> None:
    link(signed_in_as(cast.alice))
    travel(stranger)

    rows = session.scalars(select(SignIn).where(SignIn.linked_account_id.is_not(None))).all()
    assert [row.person_id for row in rows] == [cast.alice.id]
    assert stranger.cookies["yixiang"].encode() not in {row.token_hash for row in rows}


def test_doctor_says_whether_the_provider_will_do(app: FastAPI, provider: IdentityProvider) -> None:
    [well] = examine_provider(app.state.settings)
    assert well.verdict is Verdict.WELL
    assert f"sends browsers to {PUBLIC}/sign-in/return" in well.text

    provider.published = []
    [broken] = examine_provider(app.state.settings)
    assert broken.verdict is Verdict.BROKEN
    assert "publishes no key" in broken.text
    bare = app.state.settings.model_copy(update={"oidc_issuer": ""})
    assert examine_provider(bare) == []


@pytest.mark.usefixtures("provider")
def test_link_is_in_the_copy_of_ones_data_and_gone_with_the_account(
    cast: Cast, signed_in_as: SignedInAs, session: Session
) -> None:
    alice = signed_in_as(cast.alice)
    link(alice)
    [linked] = alice.get("/api/v1/me/export").json()["linked_accounts"]
    assert linked["subject"] == "subject-1"

    assert alice.post("/api/v1/me/erasure", json={"password": make.PASSWORD}).status_code == 204

    assert session.scalars(select(LinkedAccount)).all() == []


@pytest.mark.usefixtures("provider")
def test_who_unlinks_what_they_came_by_stays_until_they_leave(
    cast: Cast, signed_in_as: SignedInAs, stranger: TestClient
) -> None:
    link(signed_in_as(cast.alice))
    travel(stranger)
    [row] = stranger.get("/api/v1/me/linked-accounts").json()["items"]

    assert stranger.delete(f"/api/v1/me/linked-accounts/{row['id']}").status_code == 204

    assert stranger.get("/api/v1/me").json()["by_provider"] is False


def test_database_knows_no_sign_in_by_anothers_link(session: Session, cast: Cast) -> None:
    now = read_clock()
    linked = LinkedAccount(
        person_id=cast.alice.id, issuer="https://id.example", subject="s", linked_at=now
    )
    session.add(linked)
    session.flush()
    session.add(
        SignIn(
            token_hash=b"t",
            person_id=cast.bob.id,
            created_at=now,
            expires_at=now,
            user_agent="",
            linked_account_id=linked.id,
        )
    )

    with pytest.raises(IntegrityError, match="fk_sign_ins_linked_account_id_person_id"):
        session.flush()


def test_link_is_seen_by_its_person_alone(session: Session, cast: Cast) -> None:
    session.add(
        LinkedAccount(
            person_id=cast.alice.id,
            issuer="https://id.example",
            subject="s",
            linked_at=read_clock(),
        )
    )

    seen = {}
    for name, acting in {
        "alice": Acting(person_id=cast.alice.id),
        "bob": Acting(person_id=cast.bob.id),
        "operator": Acting(person_id=cast.oscar.id, is_platform=True),
        "stranger": Acting(),
    }.items():
        enter(session, acting)
        seen[name] = len(session.scalars(select(LinkedAccount.id)).all())
        leave(session)

    assert seen == {"alice": 1, "bob": 0, "operator": 0, "stranger": 0}

"""`yixiang doctor`: look at database, broker, clock and disk, and check the invariants."""

import os
from pathlib import Path
from typing import Annotated

import typer

from cli.examinations import Finding, Verdict
from foundation.settings import Settings


def run(
    *,
    invariants: Annotated[bool, typer.Option(help="Check the invariants instead.")] = False,
    data: Annotated[Path | None, typer.Option(help="The data folder of a demo.")] = None,
    mosquitto_conf: Annotated[
        Path | None, typer.Option(help="A mosquitto.conf to judge, besides the running broker.")
    ] = None,
) -> None:
    """Say what is well, what is not, and what that means. Exits 1 when something is broken."""
    from cli.embedded.homes import find_home
    from cli.embedded.running import join_running_demo

    joined = join_running_demo(data)
    if joined:
        print(f"looking at the demo in {joined}")
        demo_conf = find_home(joined).folder / "mosquitto" / "mosquitto.conf"
        mosquitto_conf = mosquitto_conf or (demo_conf if demo_conf.exists() else None)
    elif not os.environ.get("YIXIANG_DATABASE_URL"):
        print("no demo is running here: start one, name its --data, or set YIXIANG_DATABASE_URL")
        raise typer.Exit(2)
    settings = Settings.read()
    findings = (
        examine_invariants(settings.database_url.get_secret_value())
        if invariants
        else examine_all(settings.database_url.get_secret_value(), settings, mosquitto_conf)
    )
    for finding in findings:
        print(f"{finding.verdict.value:5} {finding.subject:12} {finding.text}")
    if any(finding.verdict is Verdict.BROKEN for finding in findings):
        raise typer.Exit(1)


def examine_all(
    database_url: str, settings: Settings, mosquitto_conf: Path | None
) -> list[Finding]:
    from cli import examinations

    findings = [
        *examinations.examine_database(database_url),
        *examinations.examine_disk(settings.data),
        *examine_audit(settings),
        *examine_files(settings),
        *examine_provider(settings),
    ]
    broker_url = settings.broker_url.get_secret_value()
    if broker_url:
        findings += examinations.examine_broker(broker_url)
    else:
        findings.append(Finding(Verdict.CARE, "broker", "no YIXIANG_BROKER_URL is set"))
    if mosquitto_conf:
        findings += examinations.judge_mosquitto(mosquitto_conf.read_text(encoding="utf-8"))
    return findings


def examine_audit(settings: Settings) -> list[Finding]:
    """Check the audit trail's chain and the heads kept outside the database."""
    from sqlalchemy.exc import DBAPIError

    from directory.audit.sealing import verify
    from foundation.clock import read_clock
    from foundation.database import make_engine, make_session_factory
    from foundation.encryption import open_key_ring

    engine = make_engine(
        settings.database_url.get_secret_value(), application_name="yixiang doctor"
    )
    keys = open_key_ring(settings).index_keys("audit anchors")
    try:
        with make_session_factory(engine).begin() as session:
            found = verify(session, settings.audit_anchors_path, keys=keys, now=read_clock())
    except DBAPIError as error:
        return [Finding(Verdict.BROKEN, "audit", f"cannot be read: {error.orig}")]
    finally:
        engine.dispose()
    said = f"{found.sealed} entries sealed, {found.anchors} heads kept outside the database"
    if found.is_sound:
        return [Finding(Verdict.WELL, "audit", said)]
    fault = found.finding
    where = f"{fault.fault} at link {fault.position}, entry {fault.entry_id}" if fault else "sound"
    forged = f"; {found.forged_anchors} forged heads" if found.forged_anchors else ""
    return [Finding(Verdict.BROKEN, "audit", f"{said}; {where}{forged}")]


def examine_files(settings: Settings) -> list[Finding]:
    """Keep something, read it back, forget it, and look for content that is lost."""
    from sqlalchemy.exc import DBAPIError

    from directory.files.errors import StoreAway
    from directory.files.orphans import find_lost
    from directory.files.places import open_store
    from directory.files.store import ContentGone, new_key
    from foundation.database import make_engine, make_session_factory

    store = open_store(settings)
    engine = make_engine(
        settings.database_url.get_secret_value(), application_name="yixiang doctor"
    )
    probe = new_key()
    try:
        store.put(probe, b"doctor")
        is_same = store.get(probe) == b"doctor"
        store.remove(probe)
        with make_session_factory(engine).begin() as session:
            lost, count = find_lost(session, store)
    except (StoreAway, ContentGone) as error:
        cause = str(error.__cause__ or error).partition("\n")[0]
        return [Finding(Verdict.BROKEN, "files", f"{store.name} fails: {cause}")]
    except DBAPIError as error:
        return [Finding(Verdict.BROKEN, "files", f"cannot be counted: {error.orig}")]
    finally:
        engine.dispose()
    if not is_same:
        return [Finding(Verdict.BROKEN, "files", f"{store.name} gives back something else")]
    if lost:
        said = f"{lost} of {count} have lost their content in {store.name}"
        return [Finding(Verdict.BROKEN, "files", said)]
    return [Finding(Verdict.WELL, "files", f"{count}, sealed, in {store.name}")]


def examine_provider(settings: Settings) -> list[Finding]:
    """Ask the OpenID provider for what a sign-in by it needs."""
    from directory.provider.client import Provider
    from directory.provider.errors import ProviderAway
    from foundation.clock import read_clock

    provider = Provider(settings)
    if not provider.is_offered:
        return []
    try:
        metadata = provider.examine(now=read_clock())
    except ProviderAway as error:
        said = f"{settings.oidc_issuer} will not do: {error.__cause__}"
        return [Finding(Verdict.BROKEN, "provider", said)]
    finally:
        provider.close()
    leaving = "signs out too" if metadata.end_session_endpoint else "has no page to sign out at"
    said = f"{metadata.issuer} answers, and {leaving}; sends browsers to {provider.return_address}"
    return [Finding(Verdict.WELL, "provider", said)]


def examine_invariants(database_url: str) -> list[Finding]:
    """Run every invariant's query; a row it returns is a fault."""
    from sqlalchemy import text

    from cli.invariants import collect
    from foundation.database import make_engine

    findings = []
    engine = make_engine(database_url, application_name="yixiang doctor")
    for name, query in collect().items():
        with engine.connect() as connection:
            connection.execute(text("SET TRANSACTION READ ONLY"))
            rows = connection.execute(text(query)).fetchmany(3)
        said = "; ".join(str(tuple(row)) for row in rows)
        findings.append(
            Finding(Verdict.BROKEN, "invariant", f"{name}: {said}")
            if rows
            else Finding(Verdict.WELL, "invariant", name)
        )
    engine.dispose()
    return findings

"""The doctor recognises a broker's settings that lose messages."""

from pathlib import Path

from cli.examinations import Verdict, judge_mosquitto
from cli.invariants import collect

PROJECT = Path(__file__).resolve().parent.parent.parent
DEBIAN_DEFAULT = """
pid_file /run/mosquitto/mosquitto.pid
persistence true
persistence_location /var/lib/mosquitto/
log_dest file /var/log/mosquitto/mosquitto.log
"""


def faults(text: str) -> set[str]:
    return {it.text.split()[0] for it in judge_mosquitto(text) if it.verdict is Verdict.BROKEN}


def test_our_own_broker_settings_lose_nothing() -> None:
    ours = (PROJECT / "ops" / "mosquitto" / "mosquitto.conf").read_text(encoding="utf-8")

    assert faults(ours) == set()


def test_default_settings_of_a_distribution_lose_messages() -> None:
    assert faults(DEBIAN_DEFAULT) == {
        "autosave_interval",
        "max_queued_messages",
        "acl_file",
        "use_username_as_clientid",
    }


def test_broker_without_persistence_or_passwords_is_named_for_both() -> None:
    assert {"persistence", "allow_anonymous"} <= faults("persistence false\nallow_anonymous true\n")


def test_invariants_of_all_areas_are_found_once_each() -> None:
    found = collect()

    assert "no two holding reservations overlap on an instrument" in found
    assert "rating a charge again gives the same amount" in found

"""Every job there is, and how often each looks. A job takes no input and may run twice."""

from jobs import (
    begin_penalties,
    charge_fees,
    check_invariants,
    close_lost_runs,
    confirm_uses,
    detect_runs,
    end_uses,
    escalate_due,
    expire_holds,
    fund_reservations,
    lapse_offers,
    make_partitions,
    meter_uses,
    note_absences,
    note_unreserved,
    note_uses,
    notice_penalties,
    offer_slots,
    post_notices,
    price_uses,
    release_holds,
    remeter_uses,
    retire_readings,
    rewrap_keys,
    roll_up_readings,
    seal_audit,
    send_messages,
    send_notices,
    suspend_lapsed,
    tell_people,
    watch_alarms,
    watch_unreserved,
)
from jobs.reconciling import Job

LIVE_S = 1.0
"""Somebody is looking at the page: what these do should be seen at once."""

JOBS: tuple[Job, ...] = (
    Job("end-uses", LIVE_S, end_uses.run),
    Job("note-uses", LIVE_S, note_uses.run),
    Job("meter-uses", LIVE_S, meter_uses.run),
    Job("confirm-uses", LIVE_S, confirm_uses.run),
    Job("price-uses", LIVE_S, price_uses.run),
    Job("expire-holds", 5, expire_holds.run),
    Job("lapse-offers", 5, lapse_offers.run),
    Job("offer-slots", 5, offer_slots.run),
    Job("fund-reservations", 5, fund_reservations.run),
    Job("remeter-uses", 20, remeter_uses.run),
    Job("note-absences", 20, note_absences.run),
    Job("charge-fees", 20, charge_fees.run),
    Job("release-holds", 20, release_holds.run),
    Job("note-unreserved", 60, note_unreserved.run),
    Job("notice-penalties", 60, notice_penalties.run),
    Job("begin-penalties", 60, begin_penalties.run),
    Job("tell-people", 5, tell_people.run),
    Job("post-notices", 5, post_notices.run),
    Job("seal-audit", 10, seal_audit.run),
    Job("send-messages", 2, send_messages.run),
    Job("suspend-lapsed", 300, suspend_lapsed.run),
    Job("rewrap-keys", 300, rewrap_keys.run),
    Job("escalate-due", 60, escalate_due.run),
    Job("close-lost-runs", 15, close_lost_runs.run),
    Job("watch-alarms", 10, watch_alarms.run),
    Job("watch-unreserved", 15, watch_unreserved.run),
    Job("send-notices", 5, send_notices.run),
    Job("detect-runs", 20, detect_runs.run),
    Job("roll-up-readings", 10, roll_up_readings.run),
    Job("retire-readings", 6 * 3600, retire_readings.run),
    Job("make-partitions", 3600, make_partitions.run),
    Job("check-invariants", 300, check_invariants.run),
)


def find_job(name: str) -> Job | None:
    return next((job for job in JOBS if job.name == name), None)

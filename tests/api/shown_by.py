"""Filters by tenant that no request of the matrix can miss, each with the test that does."""

_SIDE = "tests/integration/test_tenants_side_by_side.py::"
_LISTS = "tests/integration/test_lists_of_one_tenant.py::"
_IMPORT = "tests/integration/test_reservation_import.py::"

_ENDING = f"{_LISTS}test_ending_certificate_is_told_to_its_own_managers"

_BY_FILE: dict[str, dict[str, str]] = {
    "api/live.py": {
        "Told.may_hear: caller.institution_id == self.institution_id": (
            f"{_SIDE}test_what_happens_is_told_to_ones_own_alone"
        ),
        "Told.may_hear: self.enterprise_id == caller.enterprise_id": (
            f"{_SIDE}test_what_happens_is_told_to_ones_own_alone"
        ),
    },
    "billing/adjustments/service.py": {
        "adjust: found[0].institution_id != by.institution_id": (
            f"{_LISTS}test_charge_of_another_institution_is_none_to_adjust"
        ),
    },
    "billing/holds/service.py": {
        "_require_credit: CreditLine.institution_id == reservation.institution_id": (
            f"{_SIDE}test_credit_of_another_covers_nothing"
        ),
        "_require_credit: CreditLine.enterprise_id == reservation.enterprise_id": (
            f"{_SIDE}test_credit_of_another_covers_nothing"
        ),
        "_require_credit: FundsHold.institution_id == reservation.institution_id": (
            f"{_SIDE}test_what_is_held_elsewhere_takes_nothing_from_credit_here"
        ),
        "_require_credit: FundsHold.enterprise_id == reservation.enterprise_id": (
            f"{_SIDE}test_what_is_held_of_another_client_takes_nothing_from_ones_credit"
        ),
    },
    "booking/attendance/service.py": {
        "notice_penalty: Reservation.institution_id == reservation.institution_id": (
            f"{_SIDE}test_breaches_elsewhere_lead_to_no_ban_here"
        ),
        "_is_banned: Penalty.institution_id == reservation.institution_id": (
            f"{_SIDE}test_ban_elsewhere_does_not_stand_for_one_here"
        ),
    },
    "booking/calendars/service.py": {
        "read_said: OpeningHours.institution_id == institution_id": (
            f"{_LISTS}test_hours_of_another_institution_are_not_ones_own"
        ),
        "close: Instrument.institution_id == institution_id": (
            f"{_LISTS}test_closing_all_meets_nobody_of_another_institution"
        ),
    },
    "booking/feeds/queries.py": {
        "list_entries: Reservation.institution_id == owner.institution_id": (
            f"{_LISTS}test_feed_of_an_institution_shows_nothing_of_another"
        ),
    },
    "booking/feeds/service.py": {
        "may_follow: by.institution_id == institution_id": (
            "tests/api/test_feeds.py::test_nobody_follows_what_is_not_theirs"
        ),
    },
    "booking/instruments/cards.py": {
        "read_full_card: Instrument.institution_id == instrument.institution_id": (
            f"{_LISTS}test_who_stands_in_is_of_the_same_institution"
        ),
        "_find_accessory_problems: host.institution_id != instrument.institution_id": (
            f"{_LISTS}test_nothing_becomes_an_accessory_of_anothers"
        ),
    },
    "booking/instruments/queries.py": {
        "search: Instrument.institution_id == institution_id": (
            f"{_LISTS}test_catalogue_is_narrowed_to_one_institution"
        ),
    },
    "booking/instruments/search.py": {
        "_matching: Instrument.institution_id == wanted.institution_id": (
            f"{_LISTS}test_catalogue_is_narrowed_to_one_institution"
        ),
    },
    "booking/instruments/sheets.py": {
        "list_all: Instrument.institution_id == institution_id": (
            f"{_LISTS}test_sheet_of_instruments_holds_ones_own"
        ),
    },
    "booking/policies/service.py": {
        "list_groups: Instrument.institution_id == institution_id": (
            f"{_LISTS}test_groups_are_those_of_ones_own_instruments"
        ),
    },
    "booking/reservations/changing.py": {
        "hand_over: asker.enterprise_id != reservation.enterprise_id": (
            f"{_LISTS}test_station_hands_nothing_from_one_client_to_another"
        ),
    },
    "booking/reservations/importing.py": {
        "_read_books: Instrument.institution_id == institution_id": (
            "tests/api/test_reservation_sheets.py"
            "::test_every_fault_of_every_row_is_named_and_nothing_is_taken"
        ),
        "_read_clients: Agreement.institution_id == institution_id": (
            f"{_IMPORT}test_who_signed_with_another_institution_is_nobody_here"
        ),
        "_read_clients: Reservation.institution_id == institution_id": (
            f"{_IMPORT}test_who_reserved_at_another_institution_is_nobody_here"
        ),
    },
    "booking/reservations/queries.py": {
        "_of: Reservation.enterprise_id == caller.enterprise_id": (
            f"{_LISTS}test_who_changed_enterprises_left_their_reservations_behind"
        ),
    },
    "booking/reservations/standing.py": {
        "read_standing: Agreement.enterprise_id == asker.enterprise_id": (
            f"{_SIDE}test_agreement_with_another_is_none"
        ),
        "read_standing: Agreement.institution_id == book.instrument.institution_id": (
            f"{_SIDE}test_agreement_with_another_is_none"
        ),
        "read_qualification: Qualification.institution_id == book.instrument.institution_id": (
            f"{_SIDE}test_training_elsewhere_qualifies_nobody_here"
        ),
    },
    "booking/statistics/queries.py": {
        "list_cards: Instrument.institution_id == institution_id": (
            "tests/api/test_statistics.py::test_manager_sees_their_institutions_figures"
        ),
        "begun_in: Reservation.institution_id == institution_id": (
            f"{_LISTS}test_who_came_and_who_did_not_is_counted_for_one_institution"
        ),
    },
    "booking/statistics/rows.py": {
        "list_uses_behind: UsageSession.enterprise_id == narrowed.enterprise_id": (
            "tests/api/test_statistics.py::test_rows_are_narrowed_to_an_enterprise"
        ),
    },
    "booking/usage/desk.py": {
        "count_piles: UsageSession.institution_id == institution_id": (
            f"{_LISTS}test_piles_are_counted_of_ones_own"
        ),
    },
    "directory/enterprises/service.py": {
        "rename: EnterpriseName.enterprise_id == enterprise.id": (
            f"{_SIDE}test_new_name_ends_nobody_elses"
        ),
    },
    "booking/instruments/devices.py": {
        "list_linkable: Device.institution_id == instrument.institution_id": (
            f"{_LISTS}test_device_of_another_institution_is_not_offered_to_be_linked"
        ),
    },
    "directory/institutions/expiring.py": {
        "_managers: Person.institution_id == row.institution_id": _ENDING,
        "list_expiring: Institution.id == row.institution_id": _ENDING,
        "list_expiring: later.institution_id == row.institution_id": _ENDING,
    },
    "directory/institutions/service.py": {
        "revoke_qualification: row.institution_id != institution.id": (
            f"{_SIDE}test_certificate_of_another_institution_is_not_revoked_by_the_way"
        ),
    },
    "directory/privacy/erasing.py": {
        "_unname_enterprise: Enterprise.id == person.enterprise_id": (
            "tests/api/test_privacy.py::"
            "test_who_is_forgotten_while_reviewed_leaves_the_queue_and_no_name"
        ),
    },
    "directory/stations/service.py": {
        f"_concerned: {one}": (
            "tests/integration/test_directory_entrustments.py::"
            "test_closing_is_told_to_a_stations_own_people_and_clients"
        )
        for one in ("Entrustment.station_id == station_id", "Person.station_id == station_id")
    },
    "directory/workdays/telling.py": {
        "_of_tenant: Person.institution_id == row.institution_id": (
            f"{_LISTS}test_what_is_due_is_on_the_desks_of_its_own_tenant"
        ),
        "_of_tenant: Person.enterprise_id == row.enterprise_id": (
            f"{_LISTS}test_what_is_due_is_on_the_desks_of_its_own_tenant"
        ),
    },
    "telemetry/alarms/notices.py": {
        "note_alarm: AlarmRecipient.institution_id == device.institution_id": (
            f"{_SIDE}test_alarm_is_told_to_nobody_of_another_institution"
        ),
    },
    "telemetry/devices/claims.py": {
        "_is_anothers: Device.institution_id != institution_id": (
            f"{_LISTS}test_nobody_joins_the_gateway_of_another_institution"
        ),
    },
}
SHOWN_BY = {
    f"{path} {comparison}": test
    for path, comparisons in _BY_FILE.items()
    for comparison, test in comparisons.items()
}

"""Imports every area's tables, so that the metadata is whole for migrations and tests."""

import billing.adjustments.tables
import billing.charges.tables
import billing.holds.tables
import billing.tariffs.tables
import booking.arrears.tables
import booking.attendance.tables
import booking.calendars.tables
import booking.feeds.tables
import booking.instruments.tables
import booking.policies.tables
import booking.reservations.tables
import booking.usage.tables
import booking.waitlists.tables
import directory.audit.tables
import directory.enterprises.tables
import directory.experts.tables
import directory.files.tables
import directory.institutions.tables
import directory.notices.tables
import directory.people.tables
import directory.privacy.tables
import directory.registrations.tables
import directory.stations.tables
import directory.workdays.tables
import foundation.idempotency
import jobs.tables
import telemetry.alarms.tables
import telemetry.controls.tables
import telemetry.credentials.tables
import telemetry.devices.tables
import telemetry.events.tables
import telemetry.quarantine.tables
import telemetry.readings.tables
import telemetry.rollups.tables
import telemetry.runs.tables
from foundation.database import Base

METADATA = Base.metadata

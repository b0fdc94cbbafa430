"""Entries of the audit trail as a workbook."""

import json
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from directory.audit.tables import AuditEntry
from foundation.identifiers import PersonId
from foundation.workbooks import write_table

HEADS = ("序号", "时间", "操作", "对象", "对象编号", "操作人", "操作人编号", "内容")
PLATFORM = "平台"


def write_entries(
    entries: Sequence[AuditEntry], actors: Mapping[PersonId, str], zone: ZoneInfo
) -> bytes:
    """Write one line for each entry, in the order given."""
    lines = [
        (
            entry.id,
            entry.at,
            entry.action,
            entry.subject_kind,
            entry.subject_id,
            actors.get(entry.actor_id, "") if entry.actor_id else PLATFORM,
            str(entry.actor_id) if entry.actor_id else "",
            json.dumps(entry.detail, ensure_ascii=False, sort_keys=True) if entry.detail else "",
        )
        for entry in entries
    ]
    return write_table("审计记录", HEADS, lines, zone)

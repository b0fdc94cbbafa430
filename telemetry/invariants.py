"""What must always hold of telemetry: each query returns the rows that break it."""

INVARIANTS: dict[str, str] = {
    "every stored event is accounted for in its boot's sequence": """
        SELECT event.device_id, event.boot, event.seq FROM device_events AS event
        JOIN devices AS device ON device.id = event.device_id
        LEFT JOIN boot_sequences AS sequence
               ON sequence.name = device.name AND sequence.boot = event.boot
        WHERE sequence.received IS NULL OR NOT sequence.received @> event.seq""",
    "every gap in a boot's sequence is on record": """
        SELECT device.name, sequence.boot, missing FROM boot_sequences AS sequence
        JOIN devices AS device ON device.name = sequence.name
        CROSS JOIN unnest(
            int8multirange(int8range(1, upper(sequence.received))) - sequence.received
        ) AS missing
        WHERE sequence.seen_at < now() - interval '1 minute' AND NOT EXISTS (
            SELECT FROM sequence_gaps AS gap
            WHERE gap.device_id = device.id AND gap.boot = sequence.boot
              AND gap.filled_at IS NULL AND gap.first_missing <= lower(missing)
              AND gap.last_missing >= upper(missing) - 1)""",
    "a run stands on events of its session": """
        SELECT run.id FROM runs AS run WHERE run.boot <> 'power' AND NOT EXISTS (
            SELECT FROM device_events AS event
            WHERE event.device_id = run.device_id AND event.session = run.session)""",
    "the parts of a run are the whole of it": """
        SELECT id FROM runs WHERE warm_up_ms + work_ms + cool_down_ms <> metered_ms""",
    "a device has one open run at most": """
        SELECT device_id FROM runs WHERE state = 'open' AND boot <> 'power'
        GROUP BY device_id HAVING count(*) > 1""",
    "a wanted state has the command that carries it out": """
        SELECT wanted.device_id FROM wanted_states AS wanted
        LEFT JOIN commands AS command ON command.id = wanted.command_id
        WHERE command.id IS NULL OR (command.device_id, command.target, command.value)
              IS DISTINCT FROM (wanted.device_id, wanted.target, wanted.value)""",
    "nothing stays unlocked long after its lease": """
        SELECT device_id FROM wanted_states
        WHERE value = 'unlocked' AND lease_until < now() - interval '1 minute'""",
}

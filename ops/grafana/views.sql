-- Views for Grafana, or whoever else reads by SQL. Apply once, as the owner of the database:
--   psql "$YIXIANG_DATABASE_URL" -f ops/grafana/views.sql
-- They are safe to apply again. Give Grafana a role that may read these and nothing else:
--   CREATE ROLE grafana LOGIN PASSWORD '…';
--   GRANT USAGE ON SCHEMA grafana TO grafana; GRANT SELECT ON ALL TABLES IN SCHEMA grafana TO grafana;
CREATE SCHEMA IF NOT EXISTS grafana;

CREATE OR REPLACE VIEW grafana.devices AS
SELECT device.name, device.model, institution.name_zh AS institution,
       coalesce(state.online, false) AND coalesce(gateway.online, true) AS online,
       state.op, state.mode, state.seen_at,
       (SELECT count(*) FROM alarms WHERE device_id = device.id AND cleared_at IS NULL) AS alarms,
       (SELECT count(*) FROM sequence_gaps WHERE device_id = device.id
           AND filled_at IS NULL AND given_up_at IS NULL) AS gaps
FROM devices AS device
JOIN institutions AS institution ON institution.id = device.institution_id
LEFT JOIN device_states AS state ON state.device_id = device.id
LEFT JOIN gateway_states AS gateway ON gateway.name = device.gateway;

-- One row a reading. Bound it by device, metric and at: every single reading is here.
CREATE OR REPLACE VIEW grafana.readings AS
SELECT device.name AS device, channel.name AS metric, channel.unit,
       reading.at, reading.value, reading.quality
FROM readings AS reading
JOIN channels AS channel ON channel.id = reading.channel_id
JOIN devices AS device ON device.id = channel.device_id;

CREATE OR REPLACE VIEW grafana.minutes AS
SELECT device.name AS device, channel.name AS metric, channel.unit,
       rollup.at, rollup.low, rollup.total / nullif(rollup.readings, 0) AS mean, rollup.high,
       rollup.readings
FROM reading_minutes AS rollup
JOIN channels AS channel ON channel.id = rollup.channel_id
JOIN devices AS device ON device.id = channel.device_id;

CREATE OR REPLACE VIEW grafana.hours AS
SELECT device.name AS device, channel.name AS metric, channel.unit,
       rollup.at, rollup.low, rollup.total / nullif(rollup.readings, 0) AS mean, rollup.high,
       rollup.readings
FROM reading_hours AS rollup
JOIN channels AS channel ON channel.id = rollup.channel_id
JOIN devices AS device ON device.id = channel.device_id;

CREATE OR REPLACE VIEW grafana.runs AS
SELECT device.name AS device, run.session, run.state, run.started_at, run.ended_at,
       run.metered_ms / 3600000.0 AS metered_h, run.cycles, run.energy_wh,
       run.coverage_permille / 10.0 AS coverage_percent, run.doubts
FROM runs AS run JOIN devices AS device ON device.id = run.device_id;

CREATE OR REPLACE VIEW grafana.alarms AS
SELECT device.name AS device, alarm.code, alarm.severity, alarm.raised_at, alarm.cleared_at,
       alarm.acknowledged_at, alarm.withdrawn_at, alarm.detail
FROM alarms AS alarm JOIN devices AS device ON device.id = alarm.device_id;

"""Things that only watch: a power meter, a sensor of the room, an uninterruptible supply."""

import math
from collections import deque
from typing import ClassVar

from typing_extensions import override

from sims.machine import Alarm, Counters, Metric, Monitor
from sims.registers import Order, Register, RegisterMap
from sims.traces import Row

DAY_S = 86_400.0
OPENS_H, CLOSES_H = 8, 18
SWITCH_CHANCE = 0.002
FULL = 100.0
STORE_C, STORE_BAND_C, STORE_MIN_C, STORE_MAX_C = 5.0, 1.2, 2.0, 8.0
ENERGY_TURNS_WH = 100_000_000


class PowerMeter(Monitor):
    """YX-PM10: a three-phase meter on a bench circuit, or on a trace measured elsewhere."""

    MODEL: ClassVar[str] = "YX-PM10"
    METRICS: ClassVar[tuple[Metric, ...]] = (
        *Monitor.METRICS,
        Metric(6, "energy_wh", "Wh", "c"),
        Metric(10, "voltage_v", "V", "f"),
        Metric(11, "current_a", "A", "f"),
        Metric(12, "power_factor", "1", "f"),
        Metric(13, "frequency_hz", "Hz", "f"),
    )

    def __init__(self, *, seed: str, counters: Counters | None = None) -> None:
        super().__init__(seed=seed, counters=counters)
        self.voltage_v = 230.0
        self.power_factor = 0.95
        self.frequency_hz = 50.0
        self._second = 0.0
        self._benches_w = 0.0
        self._rows: deque[Row] = deque()
        self._row_w: float | None = None

    def follow(self, rows: list[Row]) -> None:
        """Measure a recorded load instead of a bench circuit."""
        self._rows = deque(rows)
        self._row_w = 0.0
        self.stamps_itself = True

    @property
    def current_a(self) -> float:
        return self.power_w / (self.voltage_v * self.power_factor)

    @property
    @override
    def energy_wh(self) -> int:
        # Eight digits, as on the front: it turns over at 100 MWh.
        return super().energy_wh % ENERGY_TURNS_WH

    @override
    def _live(self, seconds: float) -> float:
        self._second += seconds
        self.voltage_v = self._wander(self.voltage_v, 230.0, seconds, 0.05)
        self.frequency_hz = self._wander(self.frequency_hz, 50.0, seconds, 0.001)
        if self._row_w is not None:
            return self._replay()
        return self._bench()

    def _replay(self) -> float:
        while self._rows and self._rows[0].at_ms <= self._second * 1000:
            row = self._rows.popleft()
            self._row_w = row.power_w
            self.readings.append((round(self._second * 1000) - row.at_ms, {"power_w": row.power_w}))
        return self._row_w or 0.0

    def _bench(self) -> float:
        """A day's load curve with appliances that come and go."""
        hour = self._second / 3600 % 24
        daily = (
            180
            + 900 * math.exp(-((hour - 10.5) ** 2) / 6)
            + 700 * math.exp(-((hour - 15.5) ** 2) / 5)
        )
        if self.chance.random() < SWITCH_CHANCE:
            self._benches_w = self.chance.choice((0.0, 0.0, 400.0, 1100.0, 2300.0))
        return max(daily + self._benches_w + self.chance.gauss(0, 8), 0.0)


class RoomSensor(Monitor):
    """YX-EN20: temperature, humidity and carbon dioxide of a laboratory."""

    MODEL: ClassVar[str] = "YX-EN20"
    METRICS: ClassVar[tuple[Metric, ...]] = (
        Metric(10, "room_temp", "Cel", "f"),
        Metric(11, "humidity", "%", "f"),
        Metric(12, "co2_ppm", "[ppm]", "f"),
        Metric(13, "battery", "%", "f"),
    )

    def __init__(self, *, seed: str, counters: Counters | None = None) -> None:
        super().__init__(seed=seed, counters=counters)
        self.room_temp = self.ambient
        self.humidity = 50.0
        self.co2_ppm = 430.0
        self._second = 0.0

    @property
    def battery(self) -> float:
        return max(0.0, 100 - self._second / (2 * 365 * DAY_S) * 100)

    @override
    def _live(self, seconds: float) -> float:
        self._second += seconds
        hour = self._second / 3600 % 24
        swing = math.sin((hour - 9) / 24 * 2 * math.pi)
        people = 1.0 if OPENS_H <= hour < CLOSES_H else 0.0
        # The air conditioning comes and goes with a period of about twelve minutes.
        cooling = 0.3 * math.sin(self._second / 115)
        self.room_temp = self._near(self.room_temp, self.ambient + swing + cooling, seconds, 300)
        self.room_temp += self.chance.gauss(0, 0.004)
        self.humidity = self._wander(self.humidity, 50 - 8 * swing, seconds, 0.03)
        self.co2_ppm = self._near(self.co2_ppm, 430 + 520 * people, seconds, 2400)
        self.co2_ppm += self.chance.gauss(0, 1.5)
        return 0.02


class Ups(Monitor):
    """YX-UPS3: an uninterruptible supply; tripping it is a failure of the mains."""

    MODEL: ClassVar[str] = "YX-UPS3"
    METRICS: ClassVar[tuple[Metric, ...]] = (
        *Monitor.METRICS,
        Metric(10, "input_v", "V", "f"),
        Metric(11, "output_v", "V", "f"),
        Metric(12, "battery", "%", "f"),
        Metric(13, "load", "%", "f"),
        Metric(14, "is_on_battery", "1", "b"),
        Metric(15, "runtime_s", "s", "f"),
    )
    CAPACITY_WH: ClassVar[float] = 900.0
    RATED_W: ClassVar[float] = 2700.0

    def __init__(self, *, seed: str, counters: Counters | None = None) -> None:
        super().__init__(seed=seed, counters=counters)
        self.battery = 100.0
        self.output_v = 230.0
        self._load_w = 800.0

    @property
    def is_on_battery(self) -> bool:
        return self.fault_code != 0

    @property
    def input_v(self) -> float:
        return 0.0 if self.is_on_battery else self.output_v

    @property
    def load(self) -> float:
        return self._load_w / self.RATED_W * 100

    @property
    def runtime_s(self) -> float:
        return self.battery / 100 * self.CAPACITY_WH / self._load_w * 3600

    @override
    def _live(self, seconds: float) -> float:
        self._load_w = min(2600.0, max(200.0, self._wander(self._load_w, 800, seconds, 3)))
        share = 100 / self.CAPACITY_WH / 3600 * seconds
        if self.is_on_battery:
            self.battery = max(0.0, self.battery - self._load_w * share)
            self.output_v = 230.0 if self.battery > 0 else 0.0
            return 0.0
        charging = 250.0 if self.battery < FULL else 0.0
        self.battery = min(100.0, self.battery + charging * 0.9 * share)
        self.output_v = self._wander(230.0, 230.0, seconds, 0.4)
        return self._load_w * 1.06 + charging


class SampleStore(Monitor):
    """YX-SF300: a refrigerator for samples, 2 to 8 °C; tripping it stops the compressor."""

    MODEL: ClassVar[str] = "YX-SF300"
    METRICS: ClassVar[tuple[Metric, ...]] = (
        *Monitor.METRICS,
        Metric(6, "energy_wh", "Wh", "c"),
        Metric(10, "sample_temp", "Cel", "f"),
        Metric(11, "air_temp", "Cel", "f"),
        Metric(12, "compressor_on", "1", "b"),
    )

    def __init__(self, *, seed: str, counters: Counters | None = None) -> None:
        super().__init__(seed=seed, counters=counters)
        self.sample_temp = 5.0
        self.air_temp = 5.0
        self.compressor_on = False

    @override
    def _live(self, seconds: float) -> float:
        # A compressor must not start again at once, so the thermostat has a wide band.
        edge = STORE_BAND_C if not self.compressor_on else -STORE_BAND_C
        self.compressor_on = self.fault_code == 0 and self.air_temp > STORE_C + edge
        target = -12.0 if self.compressor_on else self.ambient
        tau = 900.0 if self.compressor_on else 2400.0
        self.air_temp = self._near(self.air_temp, target, seconds, tau)
        self.sample_temp = self._near(self.sample_temp, self.air_temp, seconds, 600)
        return max((140.0 if self.compressor_on else 4.0) + self.chance.gauss(0, 1), 0.0)

    @override
    def alarms(self) -> dict[str, Alarm]:
        alarms = super().alarms()
        shown = self.measure("sample_temp")
        if shown is not None and shown > STORE_MAX_C:
            alarms["TEMP_HI"] = Alarm("major", float(shown), STORE_MAX_C)
        if shown is not None and shown < STORE_MIN_C:
            alarms["TEMP_LO"] = Alarm("major", float(shown), STORE_MIN_C)
        return alarms


METER_REGISTERS = RegisterMap(
    inputs=(
        Register(0, "voltage_v", "u16", scale=0.1),
        Register(1, "current_a", "u32", scale=0.001),
        Register(3, "power_w", "i32", scale=0.1),
        Register(5, "power_factor", "i16", scale=0.001),
        Register(6, "frequency_hz", "u16", scale=0.01),
        Register(7, "energy_wh", "u32", Order.CDAB),
    ),
)
ROOM_REGISTERS = RegisterMap(
    inputs=(
        Register(1, "room_temp", "i16", scale=0.1, sentinel=0x8000),
        Register(2, "humidity", "u16", scale=0.1, sentinel=0xFFFF),
        Register(3, "co2_ppm", "u16", sentinel=0xFFFF),
        Register(4, "battery", "u16"),
    ),
)
UPS_REGISTERS = RegisterMap(
    inputs=(
        Register(0, "input_v", "f32", Order.BADC),
        Register(2, "output_v", "f32", Order.BADC),
        Register(4, "battery", "u16"),
        Register(5, "load", "u16"),
        Register(6, "runtime_s", "u32"),
        Register(8, "power_w", "f32", Order.BADC),
    ),
    discretes={0: "is_on_battery"},
)
STORE_REGISTERS = RegisterMap(
    holdings=(
        Register(0, "air_temp", "i16", scale=0.01, sentinel=0x8000),
        Register(1, "sample_temp", "i16", scale=0.01, sentinel=0x8000),
        Register(2, "power_w", "u16"),
        Register(3, "energy_wh", "u32"),
        Register(5, "fault_code", "u16"),
    ),
    discretes={0: "compressor_on"},
)

"""Every model of pretend instrument, by the name on its plate."""

import sys
from dataclasses import dataclass

from sims.instruments import (
    autoclave,
    balance,
    chamber,
    chromatograph,
    furnace,
    microscope,
    monitors,
    spectrometer,
    tensile,
)
from sims.machine import Machine
from sims.registers import RegisterMap


@dataclass(frozen=True, slots=True)
class Model:
    machine: type[Machine]
    layout: RegisterMap | None = None

    @property
    def about(self) -> str:
        """Say what it is, in the words of its module or class."""
        text = self.machine.__doc__ or sys.modules[self.machine.__module__].__doc__ or ""
        return text.partition(": ")[2] or text

    @property
    def name(self) -> str:
        return self.machine.MODEL


MODELS = {
    model.name: model
    for model in (
        Model(tensile.TensileTester, tensile.REGISTERS),
        Model(chamber.ClimaticChamber, chamber.REGISTERS),
        Model(chromatograph.Chromatograph),
        Model(autoclave.Autoclave, autoclave.REGISTERS),
        Model(furnace.Furnace, furnace.REGISTERS),
        Model(spectrometer.MassSpectrometer),
        Model(microscope.Microscope),
        Model(balance.Balance),
        Model(monitors.PowerMeter, monitors.METER_REGISTERS),
        Model(monitors.RoomSensor, monitors.ROOM_REGISTERS),
        Model(monitors.Ups, monitors.UPS_REGISTERS),
        Model(monitors.SampleStore, monitors.STORE_REGISTERS),
    )
}

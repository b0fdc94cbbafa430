"""Every model of pretend instrument, by the name on its plate."""

from dataclasses import dataclass

from sims.instruments import chamber, chromatograph, tensile
from sims.machine import Machine
from sims.registers import RegisterMap


@dataclass(frozen=True, slots=True)
class Model:
    machine: type[Machine]
    layout: RegisterMap | None = None

    @property
    def name(self) -> str:
        return self.machine.MODEL


MODELS = {
    model.name: model
    for model in (
        Model(tensile.TensileTester, tensile.REGISTERS),
        Model(chamber.ClimaticChamber, chamber.REGISTERS),
        Model(chromatograph.Chromatograph),
    )
}

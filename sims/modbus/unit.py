"""One unit on a Modbus line: a machine seen through its register map."""

from collections.abc import Mapping
from dataclasses import replace

from sims.machine import Machine
from sims.modbus.frames import ILLEGAL_ADDRESS, READ_COILS, READ_HOLDINGS, Refused
from sims.registers import Order, Register, RegisterMap, picture

_WORDS_SWAPPED = {
    Order.ABCD: Order.CDAB,
    Order.CDAB: Order.ABCD,
    Order.BADC: Order.DCBA,
    Order.DCBA: Order.BADC,
}


class MachineUnit:
    """Answers a master out of the machine's state at this moment."""

    def __init__(self, machine: Machine, layout: RegisterMap) -> None:
        self.machine = machine
        self.layout = layout
        self.has_words_swapped = False

    def bits(self, function: int) -> Mapping[int, bool]:
        table = self.layout.coils if function == READ_COILS else self.layout.discretes
        return {address: bool(self.machine.measure(name)) for address, name in table.items()}

    def words(self, function: int) -> Mapping[int, int]:
        table = self.layout.holdings if function == READ_HOLDINGS else self.layout.inputs
        if self.has_words_swapped:
            table = tuple(_swap(register) for register in table)
        return picture(table, self.machine)

    def write_coils(self, address: int, values: list[bool]) -> None:
        if any(address + index not in self.layout.write_coil for index in range(len(values))):
            raise Refused(ILLEGAL_ADDRESS)
        for index, value in enumerate(values):
            self.layout.write_coil[address + index](self.machine, value)

    def write_registers(self, address: int, values: list[int]) -> None:
        if any(address + index not in self.layout.write_holding for index in range(len(values))):
            raise Refused(ILLEGAL_ADDRESS)
        for index, value in enumerate(values):
            self.layout.write_holding[address + index](self.machine, value)


def _swap(register: Register) -> Register:
    if not register.kind.startswith("f"):
        return register
    return replace(register, order=_WORDS_SWAPPED[register.order])

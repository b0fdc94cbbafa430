"""Values and their registers, written out by hand for each encoding and byte order.

The 32-bit patterns follow the letters: ABCD as sent most significant byte first, DCBA fully
reversed, BADC with the bytes of each register exchanged, CDAB with the registers reversed.
"""

from dataclasses import dataclass

from gateways.modbus.registers import Encoding, Order, Table, Tag, Value


@dataclass(frozen=True)
class Case:
    encoding: Encoding
    value: Value
    abcd: str
    dcba: str
    badc: str
    cdab: str
    words: int = 1
    bit: int = 0

    def registers(self, order: Order) -> bytes:
        return bytes.fromhex(getattr(self, order.value.lower()))

    def tag(self, order: Order, table: Table, address: int = 100) -> Tag:
        return Tag(
            f"{self.encoding}_{order}",
            table,
            address,
            self.encoding,
            order,
            words=self.words,
            bit=self.bit,
        )


E = Encoding
CASES = [
    Case(E.INT16, -2, "FFFE", "FEFF", "FEFF", "FFFE"),
    Case(E.UINT16, 4660, "1234", "3412", "3412", "1234"),
    Case(E.BIT, value=True, abcd="0008", dcba="0800", badc="0800", cdab="0008", bit=3),
    Case(E.BIT, value=False, abcd="FFF7", dcba="F7FF", badc="F7FF", cdab="FFF7", bit=3),
    Case(E.INT32, -123456789, "F8A432EB", "EB32A4F8", "A4F8EB32", "32EBF8A4"),
    Case(E.UINT32, 305419896, "12345678", "78563412", "34127856", "56781234"),
    Case(
        E.INT64,
        -1234567890123456789,
        "EEDDEF0B82167EEB",
        "EB7E16820BEFDDEE",
        "DDEE0BEF1682EB7E",
        "7EEB8216EF0BEEDD",
    ),
    Case(
        E.UINT64,
        81985529216486895,
        "0123456789ABCDEF",
        "EFCDAB8967452301",
        "23016745AB89EFCD",
        "CDEF89AB45670123",
    ),
    Case(E.FLOAT16, 1.5, "3E00", "003E", "003E", "3E00"),
    Case(E.FLOAT32, 123.45600128173828, "42F6E979", "79E9F642", "F64279E9", "E97942F6"),
    Case(
        E.FLOAT64,
        -123.456,
        "C05EDD2F1A9FBE77",
        "77BE9F1A2FDD5EC0",
        "5EC02FDD9F1A77BE",
        "BE771A9FDD2FC05E",
    ),
    Case(E.BCD16, 1234, "1234", "3412", "3412", "1234"),
    Case(E.BCD32, 12345678, "12345678", "78563412", "34127856", "56781234"),
    Case(
        E.BCD64,
        1234567890123456,
        "1234567890123456",
        "5634129078563412",
        "3412785612905634",
        "3456901256781234",
    ),
    Case(E.STRING, "AB12", "41423132", "32314241", "42413231", "31324142", words=2),
    Case(
        E.STRING,
        "pH",
        "7048000000000000",
        "0000000000004870",
        "4870000000000000",
        "0000000000007048",
        words=4,
    ),
]

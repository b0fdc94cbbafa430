"""How a label is drawn: a QR code, and beneath it what a person reads. Pure."""

import io
from xml.sax.saxutils import escape

import segno

MODULE = 4
QUIET = 4
"""The quiet zone that ISO/IEC 18004 asks for, in modules."""
TEXT_SIZE = 14


def draw_svg(address: str, *, title: str, code: str) -> bytes:
    """Draw the label as SVG: the code, the instrument's name and its number."""
    symbol = segno.make_qr(address, error="q")
    side = (symbol.symbol_size(border=QUIET)[0]) * MODULE
    inner = symbol.svg_inline(scale=MODULE, border=QUIET, svgclass=None, lineclass=None)
    texts = "".join(
        f'<text x="{side // 2}" y="{side + (1 + line) * (TEXT_SIZE + 4)}" text-anchor="middle"'
        f' font-size="{TEXT_SIZE}" font-family="sans-serif">{escape(text)}</text>'
        for line, text in enumerate((title, code))
    )
    height = side + 3 * (TEXT_SIZE + 4)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{side}" height="{height}"'
        f' viewBox="0 0 {side} {height}"><rect width="100%" height="100%" fill="#fff"/>'
        f"{inner}{texts}</svg>"
    ).encode()


def draw_png(address: str, *, scale: int = 8) -> bytes:
    """Draw the bare code as PNG, for label printers."""
    target = io.BytesIO()
    segno.make_qr(address, error="q").save(target, kind="png", scale=scale, border=QUIET)
    return target.getvalue()

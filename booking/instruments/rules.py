"""Whether what an instrument yields proves anything. Pure."""

from datetime import date


def is_traceable(*, is_metrological: bool, calibrated_until: date | None, on: date) -> bool:
    """Tell whether figures of a day come from an instrument that is calibrated through it.

    One without a calibration measures nothing; nor does one whose keeper says so.
    """
    return is_metrological and calibrated_until is not None and on <= calibrated_until

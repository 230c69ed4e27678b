"""Numbers and names as the page shows them."""

import math

NOT_KNOWN = "–"
GROUPS = "\N{NARROW NO-BREAK SPACE}"


def fixed(value: float, *, digits: int) -> str:
    """A number with so many digits after the point; a dash where it is not known."""
    return NOT_KNOWN if math.isnan(value) else f"{value:,.{digits}f}".replace(",", GROUPS)


def rounded(value: float) -> str:
    """A number to about three digits: 0.35, 12.4, 128, 18 240."""
    size = abs(value)
    return fixed(value, digits=2 if size < 9.995 else 1 if size < 99.95 else 0)


def length(mm: float) -> str:
    """A length in millimetres, shown in those or in metres: 340 mm, 3.42 m."""
    if math.isnan(mm):
        return NOT_KNOWN
    return f"{mm:.0f} mm" if mm < 999.5 else f"{rounded(mm / 1000)} m"


def width(mm: float) -> str:
    """A width in millimetres: 0.35 mm."""
    return NOT_KNOWN if math.isnan(mm) else f"{rounded(mm)} mm"


def pixels(px: float) -> str:
    """A length or a width in pixels, where there is no scale: 8.3 px, 1 240 px."""
    return NOT_KNOWN if math.isnan(px) else f"{fixed(px, digits=1 if px < 99.95 else 0)} px"


def share(part: float, whole: float) -> str:
    """A part of a whole in per cent; less than half of one is not rounded to nothing."""
    if not whole > 0:
        return NOT_KNOWN
    percent = 100 * part / whole
    return f"{percent:.0f} %" if percent == 0 or percent >= 0.5 else "< 1 %"


def counted(number: int, one: str, more: str) -> str:
    """A number with its noun: 1 crack, 12 cracks."""
    return f"{fixed(number, digits=0)} {one if number == 1 else more}"

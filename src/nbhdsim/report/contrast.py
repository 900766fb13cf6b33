"""Contrast of colours by WCAG 2.2: relative luminance and contrast ratio."""
from collections.abc import Sequence

import numpy as np

from nbhdsim.errors import NbhdsimError

WEIGHTS = np.array([0.2126, 0.7152, 0.0722])
"""Red, green and blue in the luminance of sRGB."""


def luminance(colour: str) -> float:
    """Relative luminance 0 (black) to 1 (white) of `#rrggbb` or `#rgb`. Oracle wcag-contrast-af-palette."""
    digits = colour.removeprefix("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    try:
        channels = np.array(list(bytes.fromhex(digits))) / 255
    except ValueError:
        channels = np.empty(0)
    if len(channels) != 3:
        raise NbhdsimError.of(f"a colour {colour!r} (#rrggbb)")
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float((WEIGHTS * linear).sum())


def contrast(one: str, other: str) -> float:
    """Contrast ratio (L1 + 0.05) / (L2 + 0.05), lighter over darker, 1 to 21. Oracle wcag-contrast-af-palette."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def neighbours(colours: Sequence[str]) -> list[float]:
    """Contrast of each colour with the next. Oracle wcag-contrast-af-palette."""
    return [contrast(a, b) for a, b in zip(colours, colours[1:], strict=False)]

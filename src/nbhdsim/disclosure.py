"""Small numbers in imported real data: what may be shown (NHS Digital, HES and ECDS, 2018). Simulated residents need no hiding."""
from collections.abc import Iterable

from nbhdsim.errors import NbhdsimError

HIDDEN = "*"


def shown(counts: Iterable[int], *, hide_to: int = 7, nearest: int = 5) -> list[int | str]:
    """Counts as they may be shown: 0 as 0, 1 to `hide_to` as `*`, else to the nearest `nearest` (halves up).

    Totals are added up before this, never from what is shown. A count below 0 or broken is an error. Oracle hes-small-number-rule.
    """
    out: list[int | str] = []
    for count in counts:
        if count < 0 or count != int(count):
            raise NbhdsimError.of(f"a count of {count} (a whole number from 0 on)", path="counts")
        rounded = (2 * int(count) + nearest) // (2 * nearest) * nearest
        out.append(0 if count == 0 else HIDDEN if count <= hide_to else rounded)
    return out

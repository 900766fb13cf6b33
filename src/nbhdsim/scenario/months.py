"""Months of a scenario file, `YYYY-MM`, and their numbers counted from its start."""


def year_month(text: str) -> tuple[int, int]:
    """Year and month (1-12) of `YYYY-MM`."""
    return int(text[:4]), int(text[5:])


def month_of(text: str, start: str) -> int:
    """Months from the month `start` to the month `text`, both `YYYY-MM`."""
    (year, month), (year0, month0) = year_month(text), year_month(start)
    return 12 * (year - year0) + month - month0


def month_text(month: int, start: tuple[int, int]) -> str:
    """Month number `month` as `YYYY-MM`, counted from the month `start` (year, month 1-12)."""
    year, month0 = start
    return f"{year + (month0 - 1 + month) // 12}-{(month0 - 1 + month) % 12 + 1:02d}"

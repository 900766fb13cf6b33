"""The area a scenario names: a built-in one, or a user's CSV file."""
from typing import Any

from nbhdsim.areas import Area, csv_file, load


def area(spec: Any) -> Area:
    """The area of a `scenario.AreaSpec` (csv, or name and residents). Raises NbhdsimError with all that is wrong."""
    return csv_file.read(spec.csv) if spec.csv else load(spec.name, residents=spec.residents)

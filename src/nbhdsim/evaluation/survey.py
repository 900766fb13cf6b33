"""What a survey shows of a true share when not all answer, or not all answer right. Standard algebra."""
import numpy as np
from numpy.typing import ArrayLike, NDArray

from nbhdsim.errors import NbhdsimError

Array = NDArray[np.float64]


def _shares(**given: ArrayLike) -> list[Array]:
    """Shares as f8; one outside 0 to 1 is an error."""
    out = [np.asarray(each, float) for each in given.values()]
    for name, each in zip(given, out, strict=True):
        if not ((each >= 0) & (each <= 1)).all():
            raise NbhdsimError.of("a share lies between 0 and 1", path=name)
    return out


def answered(share: ArrayLike, *, if_positive: ArrayLike, if_negative: ArrayLike) -> Array:
    """Share observed among those who answer: p rP / (p rP + (1 - p) rN); NaN where nobody answers. Oracle
    survey-nonresponse-bias.
    """
    p, yes, no = _shares(share=share, if_positive=if_positive, if_negative=if_negative)
    total = p * yes + (1 - p) * no
    return np.divide(p * yes, total, out=np.full(np.shape(total), np.nan), where=total > 0)


def reported(share: ArrayLike, *, sensitivity: ArrayLike, specificity: ArrayLike) -> Array:
    """Share reported: p sens + (1 - p) (1 - spec). Oracle survey-misreport-bias."""
    p, right, wrong = _shares(share=share, sensitivity=sensitivity, specificity=specificity)
    return np.asarray(p * right + (1 - p) * (1 - wrong))

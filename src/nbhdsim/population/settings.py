"""Settings residents belong to: practices inside primary care networks, and schools.

Both are runs along the path through a district's neighbourhoods, so that a setting serves places that adjoin.
"""
import numpy as np
from numpy.typing import NDArray

from nbhdsim.areas import Area, england
from nbhdsim.areas.apportion import groups, runs
from nbhdsim.population.life import Lives

YEAR = 12
NEAR = 3        # practices besides one's own within reach


def networks(area: Area) -> tuple[list[str], NDArray[np.int32]]:
    """Names of the primary care networks, in the order in which they first appear, and that of each place [p]."""
    names = list(dict.fromkeys(area.pcn))
    number = {name: k for k, name in enumerate(names)}
    return names, np.array([number[name] for name in area.pcn], np.int32)


def practices(area: Area, pcn: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Practice [p] of each neighbourhood and the neighbourhood in the middle of each practice's own.

    A network has a practice for about every 10,000 residents.
    """
    practice = np.zeros(pcn.size, np.int32)
    stands: list[int] = []
    for along in groups(pcn[area.path].tolist()):
        rows = area.path[along]
        size = area.residents[rows]
        run = np.unique(runs(size, max(1, round(int(size.sum()) / england()["practice"]))), return_inverse=True)[1]
        practice[rows] = run + len(stands)
        stands += [int(_middle(rows[run == k], area.residents)) for k in range(int(run.max()) + 1)]
    return practice, np.array(stands, np.int32)


def registered(area: Area, place: NDArray[np.int64], own: tuple[NDArray[np.int32], NDArray[np.int32]], *, share: float,
               u: tuple[NDArray[np.float32], NDArray[np.float32]]) -> NDArray[np.int32]:
    """Practice [n] of each resident: that of the neighbourhood, or with chance `share` one of the NEAR next to it.

    own: as of `practices`; u: two uniforms of each resident's household, which registers together: whether elsewhere, and at which
    of the others nearest to home (ties by number), each as likely. Nobody has counted the share: 0 keeps lists inside borders.
    """
    practice, stands = own
    out = practice[place]
    away = np.flatnonzero(u[0] < share) if stands.size > 1 else np.zeros(0, np.int64)
    homes = np.unique(place[away])
    x, y = area.x.astype(np.float64), area.y.astype(np.float64)
    near = np.zeros((area.residents.size, min(NEAR, stands.size - 1)), np.int32)
    for p in homes:
        distance = (x[stands] - x[p]) ** 2 + (y[stands] - y[p]) ** 2
        distance[practice[p]] = np.inf
        near[p] = np.argsort(distance, kind="stable")[:near.shape[1]]
    if away.size:
        out[away] = near[place[away], (u[1][away] * np.float32(near.shape[1])).astype(np.int64)]
    return out


def _middle(rows: NDArray[np.int64], weight: NDArray[np.int64]) -> np.int64:
    """The row at which half of the weight lies on either side."""
    total = np.cumsum(weight[rows])
    return rows[int(np.searchsorted(total, total[-1] / 2))]


def schools(area: Area, place: NDArray[np.int64], *, age: NDArray[np.integer],
            household: NDArray[np.integer]) -> tuple[NDArray[np.int32], NDArray[np.int32], list[str]]:
    """School [n] of each resident (-1 for none), the neighbourhood and the name of each school.

    Schools of about 300 pupils take the pupils along the path of their district, children of a household together.
    """
    rule = england()["school"]
    pupil = np.flatnonzero((age >= rule["from"]) & (age <= rule["to"]))
    step = np.empty(area.path.size, np.int64)
    step[area.path] = np.arange(area.path.size)
    pupil = pupil[np.lexsort((household[pupil], step[place[pupil]]))]
    school = np.full(place.size, -1, np.int32)
    stands: list[int] = []
    names: list[str] = []
    for rows in groups([area.district[home] for home in place[pupil]]):
        mine = pupil[rows]
        many = max(1, round(mine.size / rule["pupils"]))
        run = np.arange(mine.size) * many // mine.size
        school[mine] = run + len(stands)
        stands += [int(place[mine[int(np.searchsorted(run, k)) + np.bincount(run)[k] // 2]]) for k in range(many)]
        names += [f"{area.district[place[mine[0]]]}-school-{k + 1:02d}" for k in range(many)]
    return school, np.array(stands, np.int32), names


def later_schools(school: NDArray[np.int32], made: Lives, place: NDArray[np.int64]) -> NDArray[np.int32]:
    """School [r] of each row in which time passes: that of month 0, or the one in which the children of the neighbourhood are.

    school [n]: of the residents of month 0. Those too young for it, and the unborn, go where the youngest pupil of their
    neighbourhood does, or where any of the area does where it has none.
    """
    first = -england()["school"]["from"] * YEAR
    out = school[made.like]
    pupil = np.flatnonzero((out >= 0) & (made.origin == 0))
    if not pupil.size:
        return out
    young = np.flatnonzero(made.birth > first)
    last = np.searchsorted(place[pupil], place[young], side="right") - 1
    out[young] = out[pupil[np.maximum(last, 0)]]
    return out

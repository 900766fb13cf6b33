"""Plain sentences of an estimate."""
from nbhdsim.evaluation import EvaluatorView


def found(view: EvaluatorView, value: float, *, limits: tuple[float, float], expected: float, against: str) -> str:
    """"Emergency admissions were 3.1 per 1,000 lower (3%) than ..": size, direction, interval, and whether no change is in it."""
    low, high = limits
    share = f" ({abs(value) / expected:.0%} of {expected:.1f})" if expected > 0 else ""
    sure = "That leaves out no change." if low > 0 or high < 0 else "No change is within that interval."
    return (f"{view.outcome[:1].upper()}{view.outcome[1:]} were {abs(value):.2f} {view.unit} {'lower' if value < 0 else 'higher'}"
            f"{share} than {against}; 95% interval {low:+.2f} to {high:+.2f}. {sure}")

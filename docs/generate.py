"""Write docs/reference from the program's own lists: `python docs/generate.py`."""
import inspect
from collections.abc import Iterable
from pathlib import Path

from nbhdsim import areas, comparison, evidence, explain, ledger, outcomes, reach
from nbhdsim.economics import of_run, value
from nbhdsim.evidence import Quantity
from nbhdsim.experiment.models import ExperimentModel
from nbhdsim.interventions import DELIVERIES, schema
from nbhdsim.levers import LEVERS
from nbhdsim.relations import RELATIONS
from nbhdsim.report import held, sheets, tabs, words
from nbhdsim.scenario import schema as scenarios

HERE = Path(__file__).parent / "reference"


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |"]
    lines.append("|" + " --- |" * lines[0].count(" | ") + " --- |")
    lines += ["| " + " | ".join(str(cell).replace("|", "/") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def number(q: Quantity) -> str:
    """Value and range."""
    return words.span(q.value, *((min(q.rows), max(q.rows)) if q.rows else (q.low, q.high)))


def source(q: Quantity) -> str:
    """Who says so."""
    if q.assumed:
        return "no published figure"
    link = f"[{q.source.title}]({q.source.url})" if q.source.url.startswith("http") else q.source.title
    return f"{link}, {q.source.by}, {q.source.year}"


def quantities(found: Iterable[Quantity]) -> str:
    """Quantities as a table."""
    return table(("address", "value (range)", "unit", "law", "grade", "basis", "source", "why"),
                 [(f"`{q.address}`", number(q), q.unit, q.law, q.grade, q.basis, source(q), q.why) for q in found])


def levers() -> str:
    """levers.md."""
    head = ("lever", "unit", "at rest", "joined by", "range of a push", "meaning")
    rows, between = ([(f"`{name}`", x.unit, f"{x.rest:g}", x.operator, f"{x.low:g} to {x.high:g}", x.meaning) for name, x in some.items()]
                     for some in (LEVERS, RELATIONS))
    return ("# Levers\n\nAll that an intervention may move: the model's causal claim on one page. Pushes of several programmes add up or multiply.\n\n"
            + table(head, rows) + "\n\n## Between programmes\n\nPushed this month and read in the next, so that the order of programmes is nobody's "
            "business.\n\n" + table(head, between))


def outcome_list() -> str:
    """outcomes.md."""
    rows = [(f"`{name}`", o.unit, o.kind, o.direction, "all" if o.ages == outcomes.ALL_AGES else f"{o.ages[0]} to {o.ages[1]}" if o.ages[1] < outcomes.ALL_AGES[1] else f"{o.ages[0]}+", o.meaning,
             " ".join(f"`{lever}`" for lever in o.moved_by) or "who takes part") for name, o in outcomes.OUTCOMES.items()]
    return ("# Outcomes\n\nAn outcome that none of a scenario's programmes can reach is shown as not modelled, never as unchanged. Mechanisms (`connection`, `control`, "
            "`activity`, `self_care`, `security`) spread along ties to people of any age.\n\n"
            + table(("outcome", "unit", "kind", "better", "ages", "meaning", "levers that reach it"), rows))


def interventions() -> str:
    """interventions.md."""
    parts = [f"# Interventions\n\nGrades: {words.ALL_GRADES}. Ranges are 5 to 95% points, or the ends "
             "of the laws that have ends."]
    for kind in schema.kinds().values():
        who = ", ".join(f"{key} {value}" for key, value in (kind.who or {}).items()) or "everyone"
        parts.append(f"## {kind.name}\n\n`{kind.id}`, delivered as `{kind.delivery}`, for {who}.\n\n" + quantities(kind.all_quantities()))
        stated = [f"- `{e.lever}` of {e.level}{''.join(f', {name} {value}' for name, value in e.who)} after {e.at} months, against {e.contrast}: {number(e.quantity)}" for e in kind.effects]
        parts.append("Stated effects:\n\n" + "\n".join(stated))
        if kind.harms:
            parts.append("Harms:\n\n" + "\n".join(f"- {h.kind}: {h.why} (grade {h.grade})" for h in kind.harms))
        if kind.unknown:
            parts.append("Not known:\n\n" + "\n".join(f"- {text}" for text in kind.unknown))
        if kind.aside:
            parts.append("Left out:\n\n" + "\n".join(f"- {text}" for text in kind.aside.values()))
    return "\n\n".join(parts)


def delivery() -> str:
    """delivery.md, from the docstrings of the kinds."""
    parts = ["# Delivery kinds\n\nHow people come to take part. An intervention is one file on one of these; `adjust` is written in the scenario."]
    for name in DELIVERIES:
        parts.append(f"## `{name}`\n\n{inspect.getdoc(DELIVERIES[name])}")
    return "\n\n".join(parts)


def area_list() -> str:
    """areas.md."""
    rows = []
    for name in areas.names():
        area = areas.load(name)
        districts = dict.fromkeys(area.district)
        held = ", ".join(f"`{district}`" for district in districts)
        rows.append((f"`{name}`", area.title, f"{area.residents.sum():,}", len(area.place), held, f"`{area.place[0]}`, .."))
    return ("# Areas\n\n`area: {name: ..}`. Neighbourhoods are invented, to add up to their districts' published totals; the teaching town is invented altogether, "
            "and `residents` sets its size.\n\n" + table(("area", "title", "residents", "neighbourhoods", "districts", "names of neighbourhoods"), rows))


def baseline() -> str:
    """baseline.md."""
    numbers, tables = evidence.load_baseline()
    held = [(f"`{t.address}`", t.unit, t.grade, t.basis, t.source.title, t.why) for t in tables.values()]
    return ("# Baseline numbers\n\nTables stand in `src/nbhdsim/catalogue/baseline.yaml`; each is multiplied by `<address>.scale` where it has one.\n\n"
            + quantities(numbers.values()) + "\n\n## Tables\n\n" + table(("address", "unit", "grade", "basis", "source", "why"), held))


def economics() -> str:
    """economics.md."""
    file = evidence.economics_file()
    held = [(f"`{name}`", shown(c.value), c.unit, c.edition, c.status, file.sources[c.source].title if c.source else "", c.why) for name, c in file.constants.items()]
    who = [(f"`{name}`", " ".join(f"`{payer}`" for payer in payers)) for name, payers in file.perspectives.items()]
    return ("# What results are worth\n\nThese numbers change no run: they say what its results are worth, and are drawn with the same quantiles as all others. `overrides:`, `--set` and "
            "`nbhdsim report RUN --set` take them by address. They stand in `src/nbhdsim/catalogue/economics.yaml`; pounds of older years become those of 2024/25 with "
            "`economics.price_<year>` ([baseline.md](baseline.md)).\n\n"
            + quantities(evidence.load_economics().values()) + "\n\n## Policy constants\n\n" + table(("name", "value", "unit", "edition", "status", "source", "why"), held)
            + "\n\n## Perspectives\n\nWhose costs and gains each counts.\n\n" + table(("perspective", "payers and gainers"), who)
            + "\n\n## Measures\n\nOf `economics_value.csv`.\n\n" + table(("measure", "unit", "meaning"), [(f"`{name}`", *said) for name, said in value.MEASURES.items()])
            + "".join(f"\n\n## `economics_{name}.csv`\n\n" + table(("column", "meaning"), [(f"`{column}`", meaning) for column, meaning in columns.items()])
                      for name, columns in of_run.DICTIONARY.items()))


def shown(value: object) -> str:
    """A constant on one line."""
    if isinstance(value, list):
        return ", ".join(map(shown, value))
    return "; ".join(f"{key.replace('_', ' ')} {x}" for key, x in value.items()) if isinstance(value, dict) else str(value)


def scenario() -> str:
    """scenario.md, from the JSON Schema."""
    return by_schema("# Scenario files\n\nUnknown keys are refused with the nearest right word. `extends: other.yaml` takes everything from another file.",
                     scenarios.json_schema())


def experiment() -> str:
    """experiment.md, from the JSON Schema."""
    return by_schema("# Experiment files\n\n[Run an experiment](../how-to/experiments.md) says how they are used. `method` is one of Compare, Sweep, Uncertainty, "
                     "Sobol, Morris, Given (efast, rbd_fast, delta, pawn, hdmr) and Discover, by its `kind`. An address in `vary` is a number, "
                     "`scenario.<key>` a knob of the scenario files, `baseline.*` and the like every number below it that has a range and leaves the population as it "
                     "is, `judgement` the error that all judged effects share.", ExperimentModel.model_json_schema())


def by_schema(title: str, whole: dict) -> str:
    """A page of a JSON Schema, a table for each of its objects."""
    parts = [title]
    for name, model in [("The file", whole), *sorted(whole["$defs"].items())]:
        rows = [(f"`{key}`", kind(p), p.get("description", "").strip(), "" if p.get("default") is None else f"`{p['default']}`")
                for key, p in model["properties"].items()]
        parts.append(f"## {name.removesuffix('Model')}\n\n{model.get('description', '').strip()}\n\n" + table(("key", "type", "meaning", "default"), rows))
    return "\n\n".join(parts)


def kind(p: dict) -> str:
    """A type in a word."""
    if "anyOf" in p:
        return " or ".join(dict.fromkeys(kind(x) for x in p["anyOf"] if x.get("type") != "null"))
    if "$ref" in p:
        return p["$ref"].rsplit("/", 1)[1].removesuffix("Model").lower()
    if "enum" in p:
        return ", ".join(map(str, p["enum"]))
    return str(p.get("const", p.get("type", "any")))


def results() -> str:
    """results.md."""
    return ("# Columns of results\n\nIn `csv/` of a run folder. [Read results](../how-to/reading-results.md) says what they mean together.\n\n"
            "## `comparison.csv` and `levels.csv`\n\nIn `levels.csv`, what each scenario comes to, the two flags say nothing and `grade` and `why` are blank.\n\n"
            + table(("column", "meaning"), [(f"`{name}`", meaning) for name, meaning in comparison.COLUMNS.items()])
            + "\n\n## `ordinary.csv`\n\nThe ordinary change of emergency admissions from one year to the next where nothing is done, in the futures with central numbers.\n\n"
            + table(("column", "meaning"), [(f"`{name}`", meaning) for name, meaning in comparison.ORDINARY.items()])
            + "\n\n## `reach.csv`\n\nWho was never reached, of those a programme was for; one row a future, programme and group of people. Also as `reach.parquet`.\n\n"
            + table(("column", "meaning"), [(f"`{name}`", meaning) for name, meaning in reach.COLUMNS.items()])
            + "\n\n## `explain.csv`\n\nWhat `nbhdsim explain` writes, one row a future and part. Also as `explain.parquet`.\n\n"
            + table(("column", "meaning"), [(f"`{name}`", meaning) for name, meaning in explain.COLUMNS.items()])
            + "\n\n## `evidence.csv`\n\nBeside the tables, and what `nbhdsim evidence --out` writes: set by the scenario without a source first, then by influence, "
            "then the weakest grade.\n\n" + table(("column", "meaning"), [(f"`{name}`", meaning) for name, meaning in ledger.COLUMNS.items()]))


def workbook() -> str:
    """workbook.md."""
    shown = [tab for tab in vars(tabs).values() if isinstance(tab, tabs.Tab)]
    same = {"projections_months": "`projections_months.csv`, `projections_groups.csv`, `projections_places.csv`"}
    sections = [f"## {same.get(name, f'`{name}.csv`')}\n\n" + table(("column", "meaning"), [(f"`{column}`", meaning) for column, meaning in columns.items()])
                for name, columns in held.CSV.items() if name not in ("projections_groups", "projections_places")]
    return ("# Workbook\n\n`workbook.xlsx` of a run folder: one table a sheet, by the rules of the UK government for spreadsheets. Every text is plain text, and no cell is empty: "
            + "; ".join(f"`{mark}` {meaning}" for mark, meaning in sheets.SHORTHAND.items()) + ". A sheet that a run has nothing for is left out, and the sheet Notes says so.\n\n"
            + table(("sheet", "title", "what it holds"), [(tab.name, tab.title, tab.about) for tab in shown])
            + "\n\nThe tables below stand in `csv/` beside those of [results](results.md), with more columns than the sheets.\n\n" + "\n\n".join(sections))


PAGES = {"results": results, "workbook": workbook, "areas": area_list, "delivery": delivery, "levers": levers, "outcomes": outcome_list, "interventions": interventions, "baseline": baseline, "economics": economics, "scenario": scenario, "experiment": experiment}


def pages() -> dict[Path, str]:
    """Every page by its file."""
    return {HERE / f"{name}.md": make() + "\n" for name, make in PAGES.items()}


if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    for path, text in pages().items():
        path.write_text(text)

"""The report: one file, answers in order, says what cannot be said and why (standards HR-1 to HR-4, HR-6, UN-1, UN-4, UN-6)."""

import dataclasses
import json
import os
import re
import shutil
from html.parser import HTMLParser

import matplotlib as mpl
import pytest
import reported
import yaml
from matplotlib.backends.backend_agg import FigureCanvasAgg

from nbhdsim import cli
from nbhdsim.errors import NbhdsimError
from nbhdsim.report import html
from nbhdsim.report.html import answer, drawing, page, said, switching, tiles, worth
from nbhdsim.report.html import run as runs
from nbhdsim.report.html.blocks import labels, minus, numeric, pictures, plain, safe

BAD = ('<script>alert("x")</script>', "=1+1|'../../etc/passwd' $x^{ & \u2028", "A" * 80)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A finished folder and its report."""
    path = reported.folder(tmp_path_factory.mktemp("report") / "run")
    return path, html.make_report(path).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def run(made):
    """The folder as sections read it."""
    return runs.read(made[0])


@pytest.fixture()
def copy(made, tmp_path):
    """A copy of the folder to spoil."""
    return shutil.copytree(made[0], tmp_path / "spoilt")


class Page(HTMLParser):
    """Tags, ids and what is linked to of a page."""

    def __init__(self, text):
        """Read the whole page."""
        super().__init__()
        self.tags, self.ids, self.links, self.headings = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        """Keep what the tests ask about."""
        held = dict(attrs)
        self.tags.append((tag, held))
        self.ids += [held["id"]] if "id" in held else []
        self.links += [(tag, held[name]) for name in ("src", "href") if name in held]
        self.headings += [int(tag[1])] if re.fullmatch("h[1-6]", tag) else []


def sane(text):
    """No page says NaN, infinity or None, whatever was wrong with its folder."""
    shown = re.sub(r"<style>.*?</style>", "", text, flags=re.S)
    assert not re.search(r"\b(nan|NaN|inf|Infinity|None)\b|Traceback", re.sub(r"<[^>]*>", " ", shown))
    assert not re.search(r"[\" ](nan|inf)[\" ]", " ".join(re.findall(r"<svg.*?</svg>", text, re.S)))
    return text


def test_sections_answer_in_order(made):
    keys = ["summary", "pay", "change", "gain", "worth", "sure", "switch", "method", "ledger", "manifest", "limits"]
    found = [held["id"] for tag, held in Page(made[1]).tags if tag == "section"]
    assert found == keys


def test_one_file_that_asks_for_nothing(made):  # HR-1
    read = Page(made[1])
    outside = [(tag, url) for tag, url in read.links if not url.startswith("#")]
    assert all(tag == "a" and url.startswith(("https://", "http://")) for tag, url in outside)
    assert not {tag for tag, _ in read.tags} & {"script", "link", "iframe", "img", "object", "base", "form"}
    policy = next(held["content"] for tag, held in read.tags if held.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'")


def test_structure(made):  # HR-2, HR-3
    read = Page(sane(made[1]))
    names = [tag for tag, _ in read.tags]
    assert ("html", {"lang": "en-GB"}) in read.tags and names.count("h1") == 1 and names.count("main") == 1 and "nav" in names
    assert read.headings[0] == 1 and all(b - a <= 1 for a, b in zip(read.headings, read.headings[1:], strict=False))
    assert len(read.ids) == len(set(read.ids))
    assert all(url[1:] in read.ids for tag, url in read.links if url.startswith("#"))
    for fact in ("nbhdsim 0.1.0", "run", "2026-01-02", "synthetic", "Draft"):
        assert fact in made[1]


def test_pictures_have_title_description_and_a_table(made):  # CT-8
    read = Page(made[1])
    drawn = [held for tag, held in read.tags if tag == "svg"]
    assert len(drawn) >= 5
    for held in drawn:
        assert held["role"] == "img" and all(name in read.ids for name in held["aria-labelledby"].split())
    assert made[1].count("The same as a table") == len(drawn)
    folder = made[0] / "figures"
    for name in ("budget", "changes", "paths", "years", "fifths"):
        assert all((folder / f"{name}.{kind}").stat().st_size > 50 for kind in ("svg", "png", "txt"))


def summary_of(text):
    """The text of the summary."""
    part = re.search(r'<section id="summary".*?</section>', text, re.S)[0]
    return re.sub(r"<[^>]+>", "", re.sub(r"</(p|li|h2)>", " \n", part))


def test_the_summary_is_plain(made):  # HR-6, OP-11, UN-1, UN-6
    text = summary_of(made[1])
    sentences = [s for s in re.split(r"(?<=[.?!:])\s+", text) if len(s.split()) > 2]
    assert sum(len(s.split()) for s in sentences) / len(sentences) <= 20
    assert len(text.split()) < 420
    assert text.index("largest doubt") < text.index("You pay") < text.index("emergency admissions change by")
    assert (
        "13 simulated futures" in text and "too few to say in how many of 10" in text and " in 10 " not in text.replace("of 10", "")
    )
    assert not re.search(r"\bsaves?\b|\bcertain(ly)?\b", text, re.I)


def test_the_range_comes_before_the_middle(made):  # UN-4
    found = re.findall(r"change by (\S+) to (\S+) a year, with (\S+) in the middle", summary_of(made[1]))
    assert found
    for low, high, middle in found:
        low, high, middle = (float(x.replace("\N{MINUS SIGN}", "-").replace(",", "").rstrip(".")) for x in (low, high, middle))
        assert low <= middle <= high


def test_words_for_shares():  # UN-1
    assert [said.of_tenths(x) for x in (0.01, 0.051, 0.5, 0.78, 0.949, 0.96, 1.0)] == [
        "fewer than 1 in 20",
        "about 1 in 10",
        "about 5 in 10",
        "about 8 in 10",
        "about 9 in 10",
        "more than 19 in 20",
        "more than 19 in 20",
    ]


@pytest.mark.slow
def test_a_hundred_futures_are_counted(tmp_path):
    path = reported.folder(tmp_path / "run", replicates=30, draws=70, months=12)
    text = sane(html.make_report(path).read_text(encoding="utf-8"))
    assert re.search(r"in (about \d in 10|more than 19 in 20|fewer than 1 in 20) of the 100 simulated futures", text)
    assert re.search(r"fewer in \d+ of the 70 in which the uncertain numbers differ", text)


def test_names_of_users_are_text(tmp_path):
    path = reported.folder(tmp_path / "run", names=BAD, months=24)
    text = sane(html.make_report(path).read_text(encoding="utf-8"))
    read = Page(text)
    assert not {tag for tag, _ in read.tags} & {"script", "iframe", "img"}
    assert "&lt;script&gt;alert(" in text
    names = sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.suffix in (".svg", ".png", ".html", ".txt"))
    assert all(re.fullmatch(r"run/(figures/)?[a-z0-9-]+\.(svg|png|html|txt)", name) for name in names)
    assert "<script" not in "".join(p.read_text(encoding="utf-8") for p in (path / "figures").glob("*.svg"))


def test_texts_of_users_are_cut_and_cleaned():
    assert plain("a\x00b\u202ec\nd") == "abc d" and plain("x" * 500, 10) == "x" * 9 + "\N{HORIZONTAL ELLIPSIS}"
    assert len(set(labels(["y" * 90 + "1", "y" * 90 + "2", "", "\u202e"]).values())) == 4
    assert [safe(x) for x in ("javascript:alert(1)", "https://x.org/a", 'https://x.org/"onload=', "//x.org")] == [
        "",
        "https://x.org/a",
        "",
        "",
    ]
    assert minus("-5 to +3, 2026-04, a-1") == "\N{MINUS SIGN}5 to +3, 2026-04, a-1"
    assert numeric("-1,234 to +5.0") and numeric("32%") and not numeric("5 years") and not numeric("=1+1")


@pytest.mark.parametrize(
    "change, expected",
    [
        (lambda p: (p / "outcomes.parquet").unlink(), "what changes cannot be said"),
        (lambda p: (p / "outcomes.parquet").write_bytes(b"PAR1torn"), "what changes cannot be said"),
        (lambda p: manifest(p, schema=0, counts=None, package=None), "Record of this run"),
        (lambda p: manifest(p, schema=99, counts="x", tables=5, data_hashes="x", dependencies=3, argv="x"), "Record of this run"),
        (lambda p: manifest(p, counts={"planned": "a", "done": None}, complete=False), "not complete: 0 of 0 futures"),
        (lambda p: resolved(p, "numbers: ", "numbers: 0"), "numbers that the program has changed since"),
        (lambda p: resolved(p, "- name: do nothing", f"- name: '{'<b>' * 900}'"), "not in a form that this version reads"),
        (lambda p: resolved(p, "  history: ", "  was_called: "), "not in a form that this version reads"),
    ],
)
def test_a_spoilt_folder_says_what_cannot_be_said(copy, change, expected):
    change(copy)
    assert expected in text_of(copy)


def test_all_that_a_folder_lacks_is_said(copy):
    for table in ("reach", "funded"):
        (copy / f"{table}.parquet").unlink()
    (copy / "evidence.csv").write_text("address,value\n")
    manifest(copy, complete=False, counts={"planned": 13, "done": 4, "failed": 0})
    text = text_of(copy)
    for expected in (
        "who was never reached cannot be said",
        "which places are funded cannot be said",
        "what each number rests on cannot be listed",
        "not complete: 4 of 13 futures",
    ):
        assert expected in text


def text_of(path):
    """The report of a folder, with none of its files written."""
    run = runs.read(path)
    return sane(html.html(run, html.sections_of(run)))


def test_a_reference_that_funds_something_is_told(copy):
    file = copy / "resolved.yaml"
    data = yaml.safe_load(file.read_text())
    data["scenarios"] = [data["scenarios"][1], data["scenarios"][0], data["scenarios"][2]]
    file.write_text(yaml.safe_dump(data, sort_keys=False))
    assert "A change against doing nothing cannot be said." in text_of(copy).replace("\n", " ")


def manifest(path, **changes):
    """Change the manifest of a folder."""
    file = path / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def resolved(path, old, new):
    """Change a word of what was asked."""
    file = path / "resolved.yaml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


@pytest.mark.slow
@pytest.mark.parametrize(
    "told, expected",
    [
        (dict(replicates=1, draws=0), "One simulated future"),
        (dict(names=("do nothing",)), "one scenario"),
        (dict(pounds=0.0), "costs nothing|costs anything"),
        (dict(gains=(0.0, -0.1, -0.2)), "no admission is avoided on average"),
        (dict(gains=(0.0, 0.0, 0.0)), "no difference in emergency admissions"),
        (dict(replicates=3, draws=2), "too few"),
        (dict(replicates=3, draws=2, gains=(0, 0.02, 0.5)), "Emergency admissions with and without the options"),
    ],
)
def test_thin_runs_have_a_report(tmp_path, told, expected):
    path = reported.folder(tmp_path / "run", **told)
    assert re.search(expected, text_of(path))


def test_what_is_no_run_is_refused(tmp_path, capsys):
    with pytest.raises(NbhdsimError, match="no run folder"):
        html.make_report(tmp_path)
    assert cli.main(["report", str(tmp_path)]) == cli.BAD_INPUT and "no run folder" in capsys.readouterr().err


def test_the_verb_writes_the_same_bytes_where_it_is_told(made, tmp_path, capsys):
    out = tmp_path / "deep" / "board.html"
    assert cli.main(["report", str(made[0]), "--out", str(out)]) == 0
    assert capsys.readouterr().out.strip() == str(out) and out.read_text(encoding="utf-8") == made[1]
    assert cli.main(["report", str(made[0]), "--out", str(tmp_path)]) == cli.BAD_INPUT
    os.mkfifo(pipe := tmp_path / "pipe")
    assert cli.main(["report", str(made[0]), "--out", str(pipe)]) == cli.BAD_INPUT and pipe.is_fifo()


def luminance(colour):
    """Relative luminance of #rrggbb (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    """Contrast ratio of two colours."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1, 2])  # light, dark, print
def test_colours_can_be_told_apart(theme):  # CT-2, 1.4.3, 1.4.11
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", re.findall(r":root \{(.*?)\}", page.style(), re.S)[theme]))
    for name in ("text", "quiet", "link", "ink"):
        assert contrast(colours[name], colours["page"]) >= 4.5 and contrast(colours[name], colours["soft"]) >= 4.5
    for name in ("navy", "orange", "teal", "maroon", "ink"):
        assert contrast(colours[name], colours["card"]) >= 3
    assert contrast(colours["text"], colours["warn"]) >= 4.5 and contrast(colours["warn-line"], colours["warn"]) >= 3


def test_slides_can_be_read_from_the_back(made):  # PP-1, CT-3, CT-5
    for file in (made[0] / "figures").glob("*.svg"):
        if file.stem in ("admissions", "wellbeing"):
            continue
        svg = file.read_text(encoding="utf-8")
        sizes = [float(size) for size in re.findall(r"(?:font: |font-size: )(?:bold |700 )?([\d.]+)px", svg)]
        assert sizes and min(sizes) >= 18
        assert not re.search(r"rotate\(-?(?!0[ )])\d", svg)
    titles = re.findall(r'class="message">(.*?)</h', made[1])
    assert titles and all(len(title.split()) <= 16 for title in titles)


def test_no_text_of_a_slide_is_cut_off(tmp_path):
    long = tuple(f"{name} with a name that goes on for quite a while and still a little more" for name in reported.NAMES)
    run = runs.read(reported.folder(tmp_path / "run", names=long))
    for picture in (p for section in html.sections_of(run) for p in pictures(section.blocks)):
        figure = picture.slide.figure
        with mpl.rc_context(drawing.STYLE):
            box = figure.get_tightbbox(FigureCanvasAgg(figure).get_renderer())
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= drawing.WIDTH and box.y1 <= figure.get_figheight(), picture.name


def test_nothing_is_called_saved_or_certain(made):  # UN-1, UN-2, UN-6
    text = re.sub(r"<[^>]+>", " ", made[1])
    assert not re.search(r"\bsaves\b|\bcertain(ly)?\b|\bprobabilit", text)
    assert "capacity freed, not money released" in text and "not chances in reality" in text


def test_a_run_is_valued_with_another_number(made, run):
    asked = runs.read(made[0], sets=["economics.marginal_share=0.1"], perspective="nhs_social_care")
    plain_, other = worth.section(run), worth.section(asked)
    assert plain_ != other and "the NHS and social care" in str(other) and "report" in str(other)
    with pytest.raises(NbhdsimError, match="unknown perspective 'nsh'"):
        runs.read(made[0], perspective="nsh")
    with pytest.raises(NbhdsimError, match="it needs a new run"):
        runs.read(made[0], sets=["baseline.activity.admissions=1"])
    with pytest.raises(NbhdsimError, match="unknown address"):
        runs.read(made[0], sets=["economics.welby=1"])


def test_the_schedule_of_discounting_and_its_edition_are_told(made):  # GB-3, gate 8
    assert "Green Book 2026" in made[1] and "under review" in made[1]


def test_payers_add_up(run):  # EC-12, gate 10
    for name in run.names:
        frame = run.worth.who[run.worth.who["scenario"] == name].set_index("payer")
        parts = frame.drop(index="all")
        for column in ("cost", "cash", "capacity", "societal", "net"):
            assert parts[column].sum() == pytest.approx(frame.loc["all", column])


def test_an_admission_avoided_has_its_cost_in_present_values(run):  # EC-1
    rows = run.worth.value.query("measure == 'cost_per_admission_avoided' and perspective == 'public'")
    now, later = (rows[rows["discounted"] == d].set_index("scenario")["value"] for d in (True, False))
    told = " ".join(worth.headline(run))
    assert (now.dropna() < later.dropna()).all() and len(now.dropna())
    assert all(said.bare(x) in told for x in now.dropna())


def test_public_bodies_net_stands_beside_gains_and_losses(made, run):  # EC-12: gains alone are not what is left
    row = re.search(r"<tr>(?:(?!</tr>).)*Net of public bodies.*?</tr>", made[1], re.S)[0]
    for name in run.names:
        assert worth.amount(worth.found(run.worth, name, "npv", perspective="public")).replace("-", "\N{MINUS SIGN}") in row


def test_a_best_option_is_not_called_clear_where_its_range_holds_0(run):
    value = run.worth.value
    own = (value["measure"] == "npv") & (value["scenario"] == run.names[0])
    try:
        kept = value.loc[own, ["low", "high"]].copy()
        value.loc[own, ["low", "high"]] = -1e6, 1e6
        assert "not clear" in switching.unclear(run, run.names[0]) and "not clear" in switching.unclear(run, run.reference.name)
        value.loc[own, ["low", "high"]] = 1e5, 1e6
        assert switching.unclear(run, run.names[0]) == ""
    finally:
        value.loc[own, ["low", "high"]] = kept


def test_no_title_says_more_than_its_figure(made):
    titles = re.findall(r'class="message">(.*?)</h', made[1])
    assert not any("whatever" in title or ".." in title or "stays best only" in title for title in titles)


def test_districts_are_written_as_names():
    assert [tiles._district(x) for x in ("wyre-forest", "stoke-on-trent")] == ["Wyre Forest", "Stoke on Trent"]


def test_what_options_are_set_against_has_its_cost_told(made):
    run = runs.read(made[0])
    turned = dataclasses.replace(run, scenarios=list(reversed(run.scenarios)))
    assert "set against" not in answer._costs(run) and "set against 'team', which costs 100,000 pounds" in answer._costs(turned)

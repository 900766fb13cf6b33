"""The command line: verbs, options and exit codes; no logic, and nothing heavy is imported before a verb needs it.

Results go to stdout, progress and errors to stderr. Exit codes: 0 ok, 1 failure, 2 bad input, 130 interrupted.
"""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

OK, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


def parser() -> argparse.ArgumentParser:
    """The parser of every verb and option."""
    top = argparse.ArgumentParser(
        prog="nbhdsim", epilog="Exit codes: 0 ok, 1 failure, 2 bad input, 130 interrupted.",
        description="What happens to emergency admissions and wellbeing if this money goes to these interventions in these "
                    "neighbourhoods of England, and how sure is that?")
    top.add_argument("--version", action="store_true", help="print the version and stop")
    verbs = top.add_subparsers(dest="verb", metavar="VERB")
    check = verbs.add_parser("check", help="say what scenario files buy, or everything that is wrong with them")
    check.add_argument("files", nargs="+", metavar="FILE", help="scenario YAML")
    _changes(check)
    run = verbs.add_parser("run", help="run one scenario and print what it comes to")
    run.add_argument("files", nargs=1, metavar="SCENARIO", help="scenario YAML")
    compare = verbs.add_parser("compare", help="run scenarios side by side; the first is what the others are compared with")
    compare.add_argument("files", nargs="+", metavar="SCENARIO", help="scenario YAML, two or more")
    for verb in (run, compare):
        _changes(verb)
        verb.add_argument("--replicates", type=int, default=6, metavar="R", help="futures with central values (default 6)")
        verb.add_argument("--draws", type=int, default=18, metavar="D", help="futures with sampled values (default 18)")
        _running(verb)
    _studies(verbs)
    catalogue = verbs.add_parser("catalogue", help="list the interventions, or show one on a screen")
    catalogue.add_argument("id", nargs="?", metavar="ID", help="an intervention of the catalogue")
    catalogue.add_argument("--from", dest="source", metavar="SCENARIO|FOLDER",
                           help="with interventions of your own: those a scenario names, or of a folder")
    evidence = verbs.add_parser(
        "evidence", help="the evidence ledger: every number, or those a scenario or a run rests on, with grade and source"
    )
    evidence.add_argument("what", nargs="?", metavar="SCENARIO|RUN",
                          help="a scenario YAML or a run folder (default the whole package)")
    evidence.add_argument("--out", metavar="FILE", help="write the full ledger there, as CSV")
    _changes(evidence)
    explain = verbs.add_parser("explain", help="split differences by person, channel and programme, or follow one resident")
    explain.add_argument("what", metavar="RUN|SCENARIO", help="a run folder, or a scenario YAML (beside doing nothing)")
    explain.add_argument("--futures", type=int, default=4, metavar="K",
                         help="K futures of the run, with sampled numbers if it has any (default 4)")
    explain.add_argument("--resident", metavar="ID", help="the path of one resident; `some` picks one to look at")
    explain.add_argument("--out", metavar="FOLDER", help="write the tables there, not into the run folder")
    explain.add_argument("--jobs", type=int, metavar="N", help="processes (default: the cores, or 1 for small work)")
    _changes(explain)
    report = verbs.add_parser("report", help="make the report of a finished run again: one HTML file, and its figures")
    report.add_argument("what", metavar="RUN", help="a run folder of `compare` or `run`")
    report.add_argument("--out", metavar="FILE", help="write it there (default report.html in the run folder)")
    report.add_argument("--set", action="append", default=[], dest="sets", metavar="economics.X=VALUE",
                        help="value it with another number (economics.* alone: nothing is run again); may be given again")
    report.add_argument("--perspective", metavar="WHOSE", default="",
                        help="whose costs and gains count: nhs_social_care, public or society (default: public for the cost of an "
                        "admission avoided, society for net present value)")
    status = verbs.add_parser("status", help="say how far a run is, how fast, and whether it is running")
    status.add_argument("what", metavar="RUN", help="a run folder")
    network = verbs.add_parser("network", help="measures of the network beside their targets; --write exports it")
    network.add_argument("what", nargs="?", default="teaching-town", metavar="SCENARIO|AREA",
                         help="a scenario YAML or a built-in area (default teaching-town)")
    network.add_argument("--format", default="graphml", choices=("graphml", "edgelist"), help="of the file (default graphml)")
    network.add_argument("--write", metavar="FILE", help="write the network there")
    _changes(network)
    return top


def _studies(verbs: Any) -> None:
    """The verbs of experiments."""
    study = verbs.add_parser("experiment", help="carry out an experiment: sweep, uncertainty, sensitivity, discovery or comparison")
    study.add_argument("file", nargs="?", metavar="FILE",
                       help="experiment YAML; with --new the folder that files to begin with are written to (default: METHOD)")
    study.add_argument("--new", metavar="METHOD", help="write files to begin with: compare, sweep, uncertainty, sensitivity, "
                       "discover, or a kind of sensitivity analysis (sobol, morris, efast, rbd_fast, delta, pawn, hdmr)")
    study.add_argument("--dry-run", action="store_true", help="say how many runs there are and how long they take")
    study.add_argument("--extend", action="store_true", help="twice the size of what is there, keeping every run")
    _changes(study)
    _running(study)
    again = verbs.add_parser("rerun", help="make a run again from its manifest, and say whether every table is the same")
    again.add_argument("manifest", metavar="MANIFEST", help="manifest.json of a run folder, or the folder")
    again.add_argument("--compare", action="store_true", help="with other versions too, and compare")
    again.add_argument("--out", default="reruns", metavar="FOLDER", help="where the run folder is made (default reruns)")
    again.add_argument("--jobs", type=int, metavar="N", help="processes (default: the cores, or 1 for small work)")
    diff = verbs.add_parser("diff", help="what is different between two scenarios or two run folders, in plain words")
    diff.add_argument("both", nargs=2, metavar="SCENARIO|RUN", help="two scenario YAML, or two run folders")


def _running(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--out", default="runs", metavar="FOLDER", help="where the run folder is made (default runs)")
    verb.add_argument("--jobs", type=int, metavar="N", help="processes (default: the cores, or 1 for small work)")
    verb.add_argument("--cluster", metavar="ADDRESS", help="run on the workers of a Dask scheduler (tcp://host:port), or "
                      "`local`: processes of this machine")
    verb.add_argument("--anew", action="store_true", help="begin anew where an earlier run was stopped (default: go on)")
    verb.add_argument("--retry-failed", action="store_true", help="run the futures again that failed in an earlier run")


def _changes(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--set", action="append", default=[], dest="sets", metavar="ADDRESS=VALUE",
                      help="change a value of the scenario or of the evidence; may be given again")
    verb.add_argument("--seed", type=int, metavar="N", help="the seed, instead of the scenario's")


class Interrupt:
    """Ctrl-C as KeyboardInterrupt, remembered: one that lands in an import may be swallowed there, so progress asks again.

    A process started with SIGINT ignored (`nohup`, `&` in a script) goes on ignoring it.
    """

    def __init__(self) -> None:
        """Take over Ctrl-C where Python would raise KeyboardInterrupt."""
        self.asked = False
        self.notice = ""
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self)

    def __call__(self, *_: object) -> None:
        """Remember, say the notice of the verb, if it has one, and raise."""
        if not self.asked:
            os.write(2, self.notice.encode())
        self.asked = True
        raise KeyboardInterrupt


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    options = parser().parse_args(arguments)
    if options.version or options.verb is None:
        from importlib.metadata import version

        print(version("nbhdsim") if options.version else parser().format_help())
        return OK if options.version else BAD_INPUT
    from nbhdsim.errors import NbhdsimError, Stopped

    options.interrupt = Interrupt()
    try:
        from nbhdsim import cli_studies, cli_verbs

        verb = getattr(cli_verbs, options.verb, None) or getattr(cli_studies, options.verb)
        return verb(options, arguments)
    except NbhdsimError as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    except Stopped as error:
        print(error, file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        if signal.getsignal(signal.SIGINT) is options.interrupt:
            signal.signal(signal.SIGINT, signal.SIG_IGN)    # nothing is left to interrupt but the end of the process
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output went away (`| head`); nothing is left to tell it
        sys.stderr.close()
        return OK
    except OSError as error:  # a folder that is read-only, a disk that went away: one line
        print(": ".join(filter(None, (str(error.filename or ""), (error.strerror or str(error)).lower()))), file=sys.stderr)
        return FAILED


if __name__ == "__main__":
    sys.exit(main())

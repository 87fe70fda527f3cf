"""Walk through docs/unproved.md: do what a program can do, ask where only eyes can tell, write a
report.

`make unproved`, or `python -m tests.deployed.walk [--steps 1 6 22] [--no-questions]`. It exits with
1 when something is not as expected.
"""

import argparse
import sys
import textwrap
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

from local.deployment import Deployment, Failed, find_deployment, use
from local.layout import ROOT
from tests.deployed.checks import CHECKS, Check
from tests.deployed.looking import CannotLook
from tests.deployed.steps import Step, steps

Verdict = Literal["as expected", "NOT as expected", "not looked at"]


@dataclass(frozen=True)
class Outcome:
    step: Step
    verdict: Verdict
    seen: str


def main() -> None:
    asked = arguments()
    try:
        deployment = find_deployment()
        use(deployment)
        chosen = choose(steps(), asked.steps)
    except Failed as error:
        sys.exit(f"unproved: {error}")
    outcomes = [walk(step, deployment, asked.questions) for step in chosen]
    asked.report.parent.mkdir(parents=True, exist_ok=True)
    asked.report.write_text(report(outcomes, deployment))
    print(f"\n{tally(outcomes)}\n{asked.report}")
    sys.exit(any(outcome.verdict == "NOT as expected" for outcome in outcomes))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="unproved", description="Walk through docs/unproved.md on a deployment."
    )
    parser.add_argument(
        "--steps", nargs="+", type=int, default=[], help="numbers of steps; default: all"
    )
    parser.add_argument(
        "--report", type=Path, default=ROOT / "build" / "unproved.md", help="default: %(default)s"
    )
    parser.add_argument(
        "--no-questions",
        dest="questions",
        action="store_false",
        help="leave out what only eyes can tell",
    )
    return parser.parse_args()


def choose(known: list[Step], numbers: list[int]) -> list[Step]:
    unknown = set(numbers) - {step.number for step in known}
    if unknown:
        raise Failed(f"docs/unproved.md has no step {min(unknown)}")
    return [step for step in known if not numbers or step.number in numbers]


def walk(step: Step, deployment: Deployment, questions: bool) -> Outcome:
    print(f"\n{step.number}. {step.title}")
    for text in (step.do, f"Expected: {step.expected}"):
        print(textwrap.fill(text, 116, initial_indent="   ", subsequent_indent="   "), flush=True)
    outcome = (
        look(step, CHECKS[step.title], deployment)
        if step.title in CHECKS
        else by_eye(step, questions)
    )
    if outcome.verdict == "not looked at" and step.title in CHECKS and questions:
        print(f"   It cannot be done from here: {outcome.seen}")
        outcome = by_eye(step, questions)
    print(f"   -> {outcome.verdict}{': ' * bool(outcome.seen)}{outcome.seen}", flush=True)
    return outcome


def look(step: Step, check: Check, deployment: Deployment) -> Outcome:
    try:
        seen = check(deployment)
    except CannotLook as reason:
        return Outcome(step, "not looked at", str(reason))
    except (
        Exception
    ) as error:  # whatever it is, it is what was seen, and the steps after it can still be walked
        return Outcome(step, "NOT as expected", f"{type(error).__name__}: {error}")
    return Outcome(step, "as expected" if seen.expected else "NOT as expected", seen.what)


def by_eye(step: Step, questions: bool) -> Outcome:
    if not questions:
        return Outcome(step, "not looked at", "only eyes can tell")
    answers: dict[str, Verdict] = {"y": "as expected", "n": "NOT as expected", "s": "not looked at"}
    while (
        said := input("   As expected? [y]es, [n]o, [s]kip: ").strip().lower()[:1]
    ) not in answers:
        pass
    return Outcome(
        step, answers[said], input("   What did you see? ").strip() if said != "s" else "skipped"
    )


def report(outcomes: list[Outcome], deployment: Deployment) -> str:
    where = deployment.workflow or f"gs://{deployment.inbox}"
    lines = [
        "# What was seen",
        "",
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {where}. {tally(outcomes)}",
        "",
    ]
    lines += ["| step | verdict | seen |", "|---|---|---|"]
    lines += [
        f"| {each.step.number}. {each.step.title} | {each.verdict} | {cell(each.seen)} |"
        for each in outcomes
    ]
    return "\n".join(lines) + "\n"


def cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def tally(outcomes: list[Outcome]) -> str:
    verdicts = [outcome.verdict for outcome in outcomes]
    return ", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in get_args(Verdict))


if __name__ == "__main__":
    main()

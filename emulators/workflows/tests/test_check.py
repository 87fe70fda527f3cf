"""The workflow linter finds each planted mistake on its line and accepts valid workflows."""

import subprocess
import sys
from pathlib import Path

import pytest

from emulators.workflows.lint import findings

SOUND = """\
main:
  params: [event]
  steps:
    - start:
        assign:
          - answers: {}
          - stages: ["a", "b"]
    - listen:
        parallel:
          shared: [answers]
          for:
            value: stage
            in: ${stages}
            steps:
              - ask:
                  call: call_stage
                  args:
                    stage: ${stage}
                    body: {source: "${event.data.name}"}
                  result: answer
              - keep:
                  assign:
                    - answers[stage]: ${answer}
    - decide:
        switch:
          - condition: ${len(answers) == 0}
            next: nothing
          - condition: true
            return: ${answers}
    - nothing:
        return: null

call_stage:
  params: [stage, body, timeout: 1800]
  steps:
    - post:
        try:
          call: http.post
          args:
            url: ${sys.get_env("STAGE_URL_" + text.to_upper(stage))}
            auth: {type: OIDC}
            timeout: 1800
            body: ${body}
          result: response
        retry:
          predicate: ${retry_it}
          max_retries: 12
          backoff: ${retry.default_backoff}
        except:
          as: error
          steps:
            - fail:
                raise: ${error}
    - done:
        return: ${response.body}

retry_it:
  params: [error]
  steps:
    - answer:
        return: ${http.default_retry_predicate(error)}
"""

PLANTED = [
    ("next: nothing", "next: nowhere", 26, "there is no 'nowhere'"),
    ("${len(answers) == 0}", "${len(answers) = 0}", 26, "bad expression"),
    ("shared: [answers]", "shared: []", 21, "writes 'answers', which is not in `shared`"),
    ("shared: [answers]", "shared: [answers, more]", 8, "no step before 'listen' makes 'more'"),
    ("            timeout: 1800\n", "            timeout: 1801\n", 38, "timeout is above 1800"),
    ("- start:", "- no:", 4, "YAML reads it as a boolean"),
    ("call: call_stage", "call: call_stages", 15, "unknown call"),
    ("stage: ${stage}\n", "stages: ${stage}\n", 15, "has no parameter 'stages'"),
    ("                    stage: ${stage}\n", "", 15, "misses its argument 'stage'"),
    ("text.to_upper(stage)", "text.to_upper(stage, 1)", 38, "too many positional arguments"),
    ("text.to_upper(stage)", "http.get(stage)", 38, "cannot be called in an expression"),
    ("url: ${", "uri: ${", 38, "missing a required argument: 'url'"),
    (
        "- nothing:\n        return: null\n",
        "- decide:\n        return: null\n",
        24,
        "'decide' is given twice",
    ),
    (
        "            next: nothing\n",
        "            return: 1\n",
        30,
        "step 'nothing' is never reached",
    ),
    ("${answer}\n", "${answr}\n", 23, "'answr' is neither a variable nor a subworkflow"),
    ("predicate: ${retry_it}", "predicate: ${retry_its}", 36, "'retry_its' is neither"),
    (
        "              - keep:\n",
        "              - keep_it: {return: 1}\n              - keep:\n",
        21,
        "cannot return",
    ),
    (
        "                  result: answer\n",
        "                  result: answer\n                  next: nothing\n",
        15,
        "no 'nothing'",
    ),
    (
        "                  result: answer\n",
        "                  result: answer\n                  next: break\n",
        15,
        "no 'break'",
    ),
    ("max_retries: 12", "max_retry: 12", 46, "max_retry"),
    ("in: ${stages}", "in: 7", 12, "not valid"),
]


def test_a_sound_workflow_has_no_findings() -> None:
    assert findings(SOUND) == []


@pytest.mark.parametrize(
    ("good", "bad", "line", "message"), PLANTED, ids=[planted[3] for planted in PLANTED]
)
def test_a_planted_mistake_is_found(good: str, bad: str, line: int, message: str) -> None:
    assert SOUND.count(good) >= 1
    found = findings(SOUND.replace(good, bad, 1))
    assert any(message in finding.message and finding.line == line for finding in found), found


@pytest.mark.parametrize(
    "file", sorted((Path(__file__).parents[3] / "workflows").glob("*.yaml")), ids=lambda f: f.name
)
def test_our_own_workflows_have_no_findings(file: Path) -> None:
    assert findings(file.read_text(encoding="utf-8")) == []


def lint(file: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "emulators.workflows.lint", str(file)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_the_command_prints_file_line_and_message(tmp_path: Path) -> None:
    sound, broken = tmp_path / "sound.yaml", tmp_path / "broken.yaml"
    sound.write_text(SOUND)
    broken.write_text(SOUND.replace("next: nothing", "next: nowhere"))
    assert lint(sound).returncode == 0
    done = lint(broken)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        f"{broken}:26: step 'decide': next: there is no 'nowhere' to go to from here",
        f"{broken}:30: step 'nothing' is never reached: 'decide' goes elsewhere",
    ]

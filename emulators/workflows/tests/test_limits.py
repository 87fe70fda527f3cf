"""Each of Google's documented limits is accepted at its value and enforced above it."""

import pytest

from emulators.workflows import limits
from emulators.workflows.deployment import Workflow
from emulators.workflows.errors import SourceError, WorkflowError
from emulators.workflows.source import load, read
from emulators.workflows.tests.echo import serve_echo
from emulators.workflows.tests.running import run_workflow


def raised(source: str, **options: object) -> WorkflowError:
    with pytest.raises(WorkflowError) as caught:
        run_workflow(source, **options)  # type: ignore[arg-type]
    return caught.value


def refusal(source: str) -> str:
    with pytest.raises(SourceError) as caught:
        load(source)
    return str(caught.value)


def test_the_size_of_the_source() -> None:
    source = "main:\n  steps:\n    - a:\n        return: 1\n"
    padded = source + "#" * (limits.SOURCE_BYTES - len(source))
    assert load(padded).routines
    assert "larger than" in refusal(padded + "#")


def test_the_length_of_an_expression() -> None:
    text = "1+" * 199 + "11"
    assert len(text) == limits.EXPRESSION_CHARACTERS
    program = "main:\n  steps:\n    - a:\n        return: ${%s}\n"
    assert load(program % text).routines
    assert "longer than 400" in refusal(program % (text + "1"))


def test_assignments_in_a_step() -> None:
    def source(count: int) -> str:
        return "main:\n  steps:\n    - a:\n        assign:\n" + "          - x: 1\n" * count

    assert load(source(50)).routines
    assert "more than 50 assignments" in refusal(source(51))


def test_branches_of_a_parallel_step() -> None:
    def source(count: int) -> str:
        branches = "".join(
            f"            - b{n}: {{steps: [{{s: {{assign: [{{x: 1}}]}}}}]}}\n"
            for n in range(count)
        )
        return f"main:\n  steps:\n    - a:\n        parallel:\n          branches:\n{branches}"

    assert load(source(10)).routines
    assert "more than 10 branches" in refusal(source(11))


def nested_parallel(depth: int) -> str:
    inner = "[{s: {assign: [{x: 1}]}}]"
    for level in range(depth):
        inner = (
            f"[{{p{level}: {{parallel: {{for: {{value: v{level}, in: [1], steps: {inner}}}}}}}}}]"
        )
    return f"main:\n  steps: {inner}\n"


def test_parallel_steps_nest_two_deep() -> None:
    assert run_workflow(nested_parallel(2)) is None
    assert "nest more than 2 deep" in refusal(nested_parallel(3))


def test_parallel_steps_nest_two_deep_through_subworkflows() -> None:
    source = nested_parallel(2).replace("assign: [{x: 1}]", "call: other")
    source += "other:\n  steps: " + nested_parallel(1).partition("steps: ")[2]
    branch = raised(source).payload["branches"][0]["error"]["payload"]["branches"][0]["error"][
        "payload"
    ]
    assert branch["tags"] == ["ParallelNestingError"]


def test_twenty_branches_at_once_in_all() -> None:
    source = """
main:
  steps:
    - both:
        parallel:
          branches:
            - one:
                steps:
                  - each:
                      parallel:
                        for: {value: i, range: [1, 15], steps: [&ask {ask: {call: ask}}]}
            - two:
                steps:
                  - each:
                      parallel:
                        for: {value: i, range: [1, 15], steps: [*ask]}
ask:
  steps:
    - get:
        call: http.get
        args: {url: '${sys.get_env("BASE") + "/sleep/0.2"}'}
"""
    with serve_echo() as echo:
        run_workflow(source, environment={"BASE": echo.url})
        assert echo.most_at_once("sleep") == limits.CONCURRENT_BRANCHES


def test_concurrency_limit_is_kept() -> None:
    source = """
main:
  steps:
    - each:
        parallel:
          concurrency_limit: ${1 + 2}
          for:
            value: i
            range: [1, 8]
            steps: [{get: {call: http.get, args: {url: '${sys.get_env("URL")}'}}}]
"""
    with serve_echo() as echo:
        run_workflow(source, environment={"URL": f"{echo.url}/sleep/0.05"})
        assert echo.most_at_once("sleep") == 3


def test_memory_counts_all_variables_and_is_given_back() -> None:
    source = """
main:
  steps:
    - each:
        for:
          value: i
          range: [1, 20]
          steps:
            - get:
                call: http.get
                args: {url: '${sys.get_env("URL")}'}
                result: response
    - first:
        call: http.get
        args: {url: '${sys.get_env("URL")}'}
        result: first
    - second:
        call: http.get
        args: {url: '${sys.get_env("URL")}'}
        result: second
    - done:
        return: ${len(second.body)}
"""
    with serve_echo() as echo:
        assert run_workflow(source, environment={"URL": f"{echo.url}/bytes/250000"}) == 250000
        error = raised(source, environment={"URL": f"{echo.url}/bytes/280000"})
    assert error.tags == ["ResourceLimitError"]
    assert error.frames[0].step == "second"


def test_the_size_of_a_response() -> None:
    arguments = "{url: '${sys.get_env(\"URL\")}'}"
    source = f"main:\n  steps:\n    - get:\n        call: http.get\n        args: {arguments}\n"
    with serve_echo() as echo:
        run_workflow(source, environment={"URL": f"{echo.url}/bytes/{limits.RESPONSE_BYTES}"})
        error = raised(source, environment={"URL": f"{echo.url}/bytes/{limits.RESPONSE_BYTES + 1}"})
    assert error.tags == ["ResourceLimitError"]


@pytest.mark.parametrize("timeout", ["1801", "0"])
def test_the_timeout_of_a_call(timeout: str) -> None:
    arguments = f"{{url: 'http://127.0.0.1:1/', timeout: {timeout}}}"
    source = f"main:\n  steps:\n    - a:\n        call: http.get\n        args: {arguments}\n"
    assert raised(source).tags == ["ValueError"]


def test_endless_loops_end() -> None:
    source = "main:\n  steps:\n    - a:\n        next: a\n"
    assert raised(source).tags == ["ResourceLimitError"]
    loop = "{value: i, range: [1, 10000000000], steps: [{b: {next: continue}}]}"
    source = f"main:\n  steps:\n    - a:\n        for: {loop}\n"
    assert raised(source).tags == ["ResourceLimitError"]


def test_endless_recursion_ends() -> None:
    source = """
main:
  params: [left]
  steps:
    - more:
        switch:
          - condition: ${left > 0}
            call: main
            args: {left: "${left - 1}"}
"""
    assert run_workflow(source, limits.CALL_DEPTH - 1) is None
    with pytest.raises(WorkflowError) as caught:
        run_workflow(source, limits.CALL_DEPTH)
    assert caught.value.tags == ["RecursionError"]


def test_variables_of_the_user() -> None:
    def workflow(count: int) -> Workflow:
        source = "main:\n  steps:\n    - a:\n        return: 1\n"
        return Workflow("p", "l", "w", source, {f"NAME_{number}": "1" for number in range(count)})

    assert workflow(20).program().routines
    with pytest.raises(SourceError, match="more than 20 environment variables"):
        workflow(21).program()


def test_all_mistakes_of_form_are_reported_with_their_lines() -> None:
    source = """main:
  steps:
    - no:
        assign:
          - x: ${1 +}
    - both:
        call: len
        return: 1
    - twice: {next: end}
      second: {next: end}
    - loop:
        for: {value: v, in: [], range: [1, 2], steps: []}
    - text:
        return: a ${b} c
    - unknown:
        retries: 3
        next: end
    - duplicate:
        return: 1
        return: 2
"""
    _, findings = read(source)
    text = "\n".join(f"{finding.line}: {finding.message}" for finding in findings)
    for expected in (
        "3: bad name 'no': YAML reads it as a boolean",
        "5: bad expression '1 +'",
        "6: step 'both' is both `call` and `return`",
        "9: a step is a map with one key",
        "12: a loop needs `in` or `range`",
        "12: steps must not be empty",
        "13: an expression must be the whole value",
        "15: step 'unknown' has an unknown key `retries`",
        "20: the key 'return' is given twice",
    ):
        assert expected in text, (expected, text)


@pytest.mark.parametrize(
    "source", ["", "[]", "a: 1", "main: 1", "main: {steps: 1}", "main:\n\t- a", "- [a", "'text'"]
)
def test_an_invalid_workflow_is_refused(source: str) -> None:
    assert refusal(source)

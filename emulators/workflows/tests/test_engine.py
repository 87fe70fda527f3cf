"""Steps run with the order, scopes, errors, retries and branches of Google Workflows."""

from typing import Any

import pytest

from emulators.workflows.errors import WorkflowError
from emulators.workflows.tests.running import run_workflow


def steps(text: str) -> str:
    return (
        "main:\n  steps:\n"
        + "\n".join("    " + line for line in text.strip("\n").splitlines())
        + "\n"
    )


def raised(source: str, argument: Any = None) -> WorkflowError:
    with pytest.raises(WorkflowError) as caught:
        run_workflow(source, argument)
    return caught.value


def test_an_assigned_value_is_a_copy() -> None:
    source = steps("""
- make:
    assign:
      - first: {"a": {"b": 1}, "list": [1, 2]}
      - second: ${first}
      - second.a.b: 2
      - second.list[0]: 9
      - second["new"]: ${first.a}
- answer:
    return: ${[first, second]}
""")
    first, second = run_workflow(source)
    assert first == {"a": {"b": 1}, "list": [1, 2]}
    assert second == {"a": {"b": 2}, "list": [9, 2], "new": {"b": 1}}


@pytest.mark.parametrize(
    ("target", "tag"),
    [
        ("m.none.b", "KeyError"),
        ("l[2]", "IndexError"),
        ('l["a"]', "TypeError"),
        ("t.a", "TypeError"),
        ("m[1]", "TypeError"),
    ],
)
def test_an_assignment_to_no_place_fails(target: str, tag: str) -> None:
    source = steps(f"""
- make:
    assign:
      - m: {{}}
      - l: [1, 2]
      - t: text
      - {target}: 1
""")
    assert raised(source).tags == [tag]


def test_the_variables_of_a_loop_and_of_except_end_with_them() -> None:
    loop = steps("""
- each:
    for:
      value: item
      in: [1]
      steps:
        - keep:
            assign:
              - inside: ${item}
- answer:
    return: ${inside}
""")
    assert raised(loop).tags == ["KeyError"]
    handler = steps("""
- make:
    assign:
      - seen: ""
- attempt:
    try:
      raise: boom
    except:
      as: error
      steps:
        - keep:
            assign:
              - seen: ${error}
- answer:
    return: ${[seen, error]}
""")
    assert "'error'" in str(raised(handler))


def test_a_subworkflow_sees_only_its_arguments() -> None:
    source = steps("""
- make:
    assign:
      - secret: 1
- ask:
    call: other
    args: {given: 2}
    result: answer
- answer:
    return: ${answer}
""")
    assert (
        run_workflow(
            source
            + "other:\n  params: [given, more: 3]\n"
            + "  steps:\n    - a:\n        return: ${given + more}\n"
        )
        == 5
    )
    assert raised(
        source + "other:\n  params: [given]\n  steps:\n    - a:\n        return: ${secret}\n"
    ).tags == ["KeyError"]
    assert raised(
        source + "other:\n  params: [needed]\n  steps:\n    - a:\n        return: 1\n"
    ).tags == ["TypeError"]


def test_range_takes_both_ends_and_doubles() -> None:
    source = steps("""
- make:
    assign:
      - seen: []
- each:
    for:
      value: number
      range: ${[first, first + 2]}
      steps:
        - keep:
            assign:
              - seen: ${list.concat(seen, number)}
- answer:
    return: ${seen}
""").replace("- seen: []", "- seen: []\n          - first: 0.5", 1)
    assert run_workflow(source) == [0.5, 1.5, 2.5]


def test_next_leaves_inner_lists_and_end_ends() -> None:
    source = steps("""
- outer:
    steps:
      - inner:
          switch:
            - condition: true
              next: last
- skipped:
    return: wrong
- last:
    assign:
      - done: true
    next: end
- never:
    return: wrong
""")
    assert run_workflow(source) is None


def test_a_condition_must_be_a_boolean() -> None:
    assert raised(steps("- a:\n    switch:\n      - condition: ${1}\n        next: end")).tags == [
        "TypeError"
    ]


def test_the_context_names_the_steps_the_error_passed() -> None:
    source = """
main:
  steps:
    - outer:
        steps:
          - ask:
              call: other
other:
  steps:
    - fails:
        raise: {code: 7, message: no luck}
"""
    error = raised(source)
    assert error.payload == {"code": 7, "message": "no luck"}
    assert error.context == (
        "no luck\n"
        'in step "fails", routine "other", line: 10\n'
        'in step "ask", routine "main", line: 6'
    )


def test_a_retry_repeats_the_whole_block_and_gives_up_in_the_end() -> None:
    source = steps("""
- make:
    assign:
      - tries: 0
- attempt:
    try:
      steps:
        - count:
            assign:
              - tries: ${tries + 1}
        - fail:
            raise: {code: 503}
    retry:
      predicate: ${http.default_retry_predicate}
      max_retries: 3
      backoff: {initial_delay: 0, max_delay: 0, multiplier: 1}
    except:
      as: error
      steps:
        - answer:
            return: ${[tries, error.code]}
""")
    assert run_workflow(source) == [4, 503]
    assert run_workflow(source.replace("code: 503", "code: 500")) == [1, 500]


@pytest.mark.parametrize(
    "retry",
    ["${1}", "{max_retries: '3'}", "{predicate: '${1}'}", "{backoff: {initial_delay: soon}}"],
)
def test_a_retry_of_the_wrong_type_raises_an_error(retry: str) -> None:
    assert raised(steps(f"- a:\n    try:\n      raise: x\n    retry: {retry}")).tags == [
        "TypeError"
    ]


PARALLEL = steps("""
- make:
    assign:
      - total: 0
      - fixed: 1
- both:
    parallel:
      shared: [total]
      for:
        value: item
        in: [1, 2, 3]
        steps:
          - add:
              assign:
                - total: ${total + item}
                - own: ${item + fixed}
- answer:
    return: ${total}
""")


def test_a_branch_writes_what_is_shared_and_reads_the_rest() -> None:
    assert run_workflow(PARALLEL) == 6


def test_a_branch_cannot_write_what_is_not_shared() -> None:
    error = raised(PARALLEL.replace("shared: [total]", "shared: []"))
    assert error.tags == ["UnhandledBranchError", "RuntimeError"]
    assert [branch["id"] for branch in error.payload["branches"]] == ["0", "1", "2"]
    assert error.payload["branches"][0]["error"]["payload"]["tags"] == ["ValueError"]


def test_the_variables_of_a_branch_end_with_it() -> None:
    assert raised(PARALLEL.replace("return: ${total}", "return: ${own}")).tags == ["KeyError"]


def test_one_failing_branch_does_not_stop_the_others() -> None:
    check = """- check:
                  switch:
                    - condition: ${item == 1}
                      raise: first
              - add:"""
    source = PARALLEL.replace("- add:", check, 1)
    source = source.replace("- answer:", "- unreachable:", 1)
    error = raised(source)
    assert len(error.payload["branches"]) == 1
    assert error.payload["branches"][0]["error"]["payload"] == "first"

"""The instruction sets of a processor are recognised, and each can be chosen."""

import pytest

from benchmarks.instruction_sets import ENVIRONMENTS, FLAGS, available


@pytest.mark.parametrize(
    ("flags", "names"),
    [
        ("fpu sse4_1 sse4_2", ["GENERIC"]),
        ("fpu sse4_1 avx", ["GENERIC", "AVX"]),
        ("fpu sse4_1 avx avx2 fma", ["GENERIC", "AVX", "AVX2"]),
        ("fpu sse4_1 avx avx2 fma avx512f", ["GENERIC", "AVX", "AVX2"]),
        (
            "fpu sse4_1 avx avx2 fma avx512f avx512bw avx512dq avx512vl",
            ["GENERIC", "AVX", "AVX2", "AVX512"],
        ),
    ],
)
def test_a_processor_tells_its_instruction_sets(flags: str, names: list[str]) -> None:
    assert available(f"processor\t: 0\nmodel name\t: Some\nflags\t\t: {flags}\n") == names


def test_another_architecture_has_none_of_them() -> None:
    assert available("processor\t: 0\nFeatures\t: fp asimd evtstrm\n") == []


def test_each_can_be_chosen() -> None:
    assert list(ENVIRONMENTS) == list(FLAGS)
    assert all(variables["CT2_FORCE_CPU_ISA"] == name for name, variables in ENVIRONMENTS.items())

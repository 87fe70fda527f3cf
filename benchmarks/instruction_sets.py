"""Which instruction sets of x86 processors this machine has, and how to make the models use one of
them.

    python -m benchmarks.instruction_sets AVX2      # prints the variables, for `env`

A model's numbers differ in the second digit between instruction sets. CTranslate2's own variable is
not enough: oneDNN and MKL, which multiply its matrices, and PyTorch each choose for themselves. All
of them read their variable when they are loaded, so it takes a new process. onnxruntime, which
finds the speech, cannot be told.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
FLAGS: Mapping[str, frozenset[str]] = {
    "GENERIC": frozenset({"sse4_1"}),
    "AVX": frozenset({"avx"}),
    "AVX2": frozenset({"avx2", "fma"}),
    "AVX512": frozenset({"avx512f", "avx512bw", "avx512dq", "avx512vl"}),
}
"""What /proc/cpuinfo says of a processor that has the instruction set; the oldest first."""
ENVIRONMENTS: Mapping[str, Mapping[str, str]] = {
    "GENERIC": {
        "CT2_FORCE_CPU_ISA": "GENERIC",
        "ONEDNN_MAX_CPU_ISA": "SSE41",
        "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
        "ATEN_CPU_CAPABILITY": "default",
    },
    "AVX": {
        "CT2_FORCE_CPU_ISA": "AVX",
        "ONEDNN_MAX_CPU_ISA": "AVX",
        "MKL_ENABLE_INSTRUCTIONS": "AVX",
        "ATEN_CPU_CAPABILITY": "default",
    },
    "AVX2": {
        "CT2_FORCE_CPU_ISA": "AVX2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",
        "ATEN_CPU_CAPABILITY": "avx2",
    },
    "AVX512": {
        "CT2_FORCE_CPU_ISA": "AVX512",
        "ONEDNN_MAX_CPU_ISA": "ALL",
        "MKL_ENABLE_INSTRUCTIONS": "AVX512",
        "ATEN_CPU_CAPABILITY": "avx512",
    },
}
"""What makes a process behave as on a processor that has no more than the instruction set."""


def available(cpuinfo: str | None = None) -> list[str]:
    """Returns the instruction sets of this machine, the oldest first; none where the processor is
    no x86."""
    lines = (CPUINFO.read_text() if cpuinfo is None else cpuinfo).splitlines()
    flags = next((line.partition(":")[2].split() for line in lines if line.startswith("flags")), [])
    return [name for name, needed in FLAGS.items() if needed <= set(flags)]


def second_best() -> str | None:
    """Returns the newest instruction set but one, which a process does not use by itself; None if
    there is but one."""
    names = available()
    return names[-2] if len(names) > 1 else None


if __name__ == "__main__":
    print(*(f"{name}={value}" for name, value in ENVIRONMENTS[sys.argv[1]].items()))

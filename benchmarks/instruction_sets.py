"""The instruction sets of this machine's x86 processor, and the variables that select one.

    python -m benchmarks.instruction_sets AVX2      # prints the variables, for `env`

A model's numbers differ in the second digit between instruction sets. CTranslate2's own variable is
not enough: PyTorch selects its own instruction set, and so do oneDNN and MKL, which multiply
CTranslate2's matrices. Each reads its variable while it is loaded, so that a new process is needed.
onnxruntime, which runs the voice activity detection, has no such variable.
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
"""Flags in /proc/cpuinfo of a processor with the instruction set; the oldest first."""
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
"""Variables with which a process uses the instruction set and no newer one."""


def available(cpuinfo: str | None = None) -> list[str]:
    """Returns this machine's instruction sets, the oldest first; none on other architectures.

    `cpuinfo` is the content of /proc/cpuinfo, which is read by default.
    """
    if cpuinfo is None:
        cpuinfo = CPUINFO.read_text()
    flags: set[str] = set()
    for line in cpuinfo.splitlines():
        if line.startswith("flags"):
            flags.update(line.partition(":")[2].split())
            break
    return [name for name, required in FLAGS.items() if required <= flags]


def second_best() -> str | None:
    """Returns the newest instruction set but one, or None if there are fewer than two.

    A process does not use it by itself.
    """
    names = available()
    return names[-2] if len(names) > 1 else None


if __name__ == "__main__":
    variables = ENVIRONMENTS[sys.argv[1]]
    print(*(f"{name}={value}" for name, value in variables.items()))

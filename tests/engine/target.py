"""What the processor that numba compiles for can do, and how much of compiled arithmetic is packed."""

from __future__ import annotations

import re
from functools import cache

import llvmlite.binding as llvm
import pytest
from numba.core.registry import cpu_target

PROBE = """
define void @probe(ptr %to, ptr %from) "prefer-vector-width"="512" {
  %x = load <8 x double>, ptr %from
  %y = fadd <8 x double> %x, %x
  store <8 x double> %y, ptr %to
  ret void
}
"""
ARITHMETIC = "add|sub|mul|div|sqrt|max|min|fn?m(?:add|sub)[0-9]*"


@cache
def register() -> str:
    """Widest register of packed numbers on the target, which need not be this machine: zmm, ymm, xmm; or none known."""
    triple, name, features = cpu_target.target_context.codegen().magic_tuple()
    if not triple.startswith(("x86_64", "amd64")):
        return ""
    machine = llvm.Target.from_triple(triple).create_target_machine(cpu=name, features=features)
    text = machine.emit_assembly(llvm.parse_assembly(PROBE))
    return next(each for each in ("zmm", "ymm", "xmm") if f"%{each}" in text)


def packed_and_scalar(text: str, precision: str, names: str = ARITHMETIC) -> tuple[int, int]:
    """Arithmetic instructions in assembly: on whole vectors of the target, and on single numbers."""
    if not register():
        pytest.skip("assembly is read for x86-64 only")
    letter = "s" if precision == "float32" else "d"
    registers = "xmm" if register() == "xmm" else "[yz]mm"
    packed = len(re.findall(rf"\bv?(?:{names})p{letter}\s.*{registers}", text))
    return packed, len(re.findall(rf"\bv?(?:{names})s{letter}\s", text))

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
ARITHMETIC_ON_ARM = "add|sub|mul|nmul|div|sqrt|max(?:nm)?|min(?:nm)?|ml[as]|n?m(?:add|sub)|abd"


@cache
def register() -> str:
    """Widest register of packed numbers on the target, which need not be this machine: zmm, ymm, xmm; or none known."""
    triple, name, features = cpu_target.target_context.codegen().magic_tuple()
    if not triple.startswith(("x86_64", "amd64")):
        return ""
    machine = llvm.Target.from_triple(triple).create_target_machine(cpu=name, features=features)
    text = machine.emit_assembly(llvm.parse_assembly(PROBE))
    return next(each for each in ("zmm", "ymm", "xmm") if f"%{each}" in text)


def is_arm() -> bool:
    """Whether the target is of the family arm64."""
    return cpu_target.target_context.codegen().magic_tuple()[0].startswith(("arm64", "aarch64"))


def packed_and_scalar(text: str, precision: str, names: str = ARITHMETIC) -> tuple[int, int]:
    """Arithmetic instructions in assembly: on whole vectors of the target, and on single numbers."""
    if is_arm():
        return on_arm(text, precision)
    if not register():
        pytest.skip("assembly is read for x86-64 and arm64 only")
    letter = "s" if precision == "float32" else "d"
    registers = "xmm" if register() == "xmm" else "[yz]mm"
    packed = len(re.findall(rf"\bv?(?:{names})p{letter}\s.*{registers}", text))
    return packed, len(re.findall(rf"\bv?(?:{names})s{letter}\s", text))


def on_arm(text: str, precision: str) -> tuple[int, int]:
    """Do the same for arm64, whose assembly Apple writes as ``fadd.2d v0, v1, v2``, others ``fadd v0.2d, ...``."""
    whole, single = ("4s", "s") if precision == "float32" else ("2d", "d")
    packed = len(re.findall(rf"\bf(?:{ARITHMETIC_ON_ARM})(?:\.{whole}\s|\s+v\d+\.{whole}\b)", text))
    return packed, len(re.findall(rf"\bf(?:{ARITHMETIC_ON_ARM})\s+{single}\d", text))

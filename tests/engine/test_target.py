"""Reading assembly of arm64, which is made here whatever this machine is: LLVM compiles for both of its dialects."""

import llvmlite.binding as llvm
import pytest

from .target import on_arm

SOURCE = """
define void @probe(ptr %to, ptr %from, double %a, float %b) {{
  %x = load <8 x {kind}>, ptr %from
  %y = fadd <8 x {kind}> %x, %x
  %z = fdiv <8 x {kind}> %y, %x
  store <8 x {kind}> %z, ptr %to
  %c = fmul double %a, %a
  store double %c, ptr %from
  %d = fsub float %b, 3.0
  store float %d, ptr %to
  ret void
}}
"""


@pytest.mark.parametrize(
    ("triple", "processor"), [("arm64-apple-macosx14.0", "apple-m1"), ("aarch64-unknown-linux-gnu", "neoverse-n1")]
)
@pytest.mark.parametrize(("kind", "precision", "packed"), [("double", "float64", 8), ("float", "float32", 4)])
def test_packed_and_scalar_arithmetic_are_told_apart(triple, processor, kind, precision, packed):
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    try:
        machine = llvm.Target.from_triple(triple).create_target_machine(cpu=processor)
    except RuntimeError:
        pytest.skip("this LLVM makes no code for arm64")
    text = machine.emit_assembly(llvm.parse_assembly(SOURCE.format(kind=kind)))
    # eight numbers are four registers of two, or two of four; the single operation of the other precision is none
    assert on_arm(text, precision) == (packed, 1)

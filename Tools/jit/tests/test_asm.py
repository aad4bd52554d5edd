"""The pass over the assembly: text in, text out."""

import textwrap

import pytest

from Tools.jit.stencils import asm
from Tools.jit.stencils.errors import BuildError
from Tools.jit.stencils.targets import AARCH64, X86_64, Syntax


def split(body: str, syntax: Syntax = X86_64, name: str = "_JIT_OP_T") -> tuple[str, str]:
    """The hot and the cold part that a function with `body` becomes."""
    text = f"\t.type {name},@function\n{name}:\n{textwrap.dedent(body)}\n.Lfunc_end0:\n\t.size {name}, 1\n"
    result = asm.optimize(text, syntax)
    hot, cold = result.split(f'\t.section\t.text.jit_cold.{name},"ax",@progbits\n')
    hot = hot.split(f"{name}:\n", 1)[1].split(f".Ljit_end_{name}:")[0]
    return _plain(hot, name), _plain(cold, name)


def _plain(text: str, name: str) -> str:
    """Without the labels the pass made up, and with a short name for the end."""
    lines = (line.strip().replace(f".Ljit_end_{name}", "END") for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith(".Ljit_"))


def test_the_last_jump_is_dropped() -> None:
    assert split("\tmovq %rax, %rbx\n\tjmp _JIT_CONTINUE@PLT   # TAILCALL") == ("movq %rax, %rbx", "")


def test_a_branch_to_a_block_that_only_jumps_goes_there_directly() -> None:
    hot, cold = split(
        """
        testq %rax, %rax
        je .LBB0_2
        # %bb.1:
        #APP
        #NO_APP
        jmp _JIT_CONTINUE@PLT
        .LBB0_2:
        jmp _JIT_DEOPT@PLT
        """
    )
    assert hot == "testq %rax, %rax\nje _JIT_DEOPT"
    assert cold == ""


def test_what_is_not_on_the_way_is_cold_and_comes_back_to_the_end() -> None:
    hot, cold = split(
        """
        decq (%rdi)
        je .LBB0_2
        jmp _JIT_CONTINUE@PLT
        .LBB0_2:
        pushq %rax
        callq _Py_Dealloc@PLT
        popq %rax
        jmp _JIT_CONTINUE@PLT
        """
    )
    assert hot == "decq (%rdi)\nje .LBB0_2"
    assert cold == ".LBB0_2:\npushq %rax\ncallq _Py_Dealloc@PLT\npopq %rax\njmp END"


def test_a_branch_over_the_end_is_turned_round() -> None:
    hot, cold = split(
        """
        testq %rax, %rax
        jne _JIT_CONTINUE@PLT
        # %bb.1:
        incq (%rdi)
        ud2
        """
    )
    assert hot == "testq %rax, %rax\nje .Ljit__JIT_OP_T_1"
    assert cold == "incq (%rdi)\nud2"


def test_an_unconditional_jump_is_followed() -> None:
    hot, cold = split(
        """
        jmp .LBB0_3
        .LBB0_2:
        incq %rbx
        jmp _JIT_CONTINUE@PLT
        .LBB0_3:
        decq %rax
        jne .LBB0_2
        jmp _JIT_CONTINUE@PLT
        """
    )
    assert hot == ".LBB0_3:\ndecq %rax\njne .LBB0_2"
    assert cold == ".LBB0_2:\nincq %rbx\njmp END"


def test_a_loop_stays_and_the_chain_goes_on_after_it() -> None:
    hot, cold = split(
        """
        xorl %eax, %eax
        .LBB0_1:
        cmpq %rax, %rcx
        je .LBB0_3
        incq %rax
        jmp .LBB0_1
        .LBB0_3:
        movq %rax, (%rbx)
        jmp _JIT_CONTINUE@PLT
        """
    )
    assert hot == (
        "xorl %eax, %eax\n.LBB0_1:\ncmpq %rax, %rcx\nje .LBB0_3\nincq %rax\njmp .LBB0_1\n"
        ".LBB0_3:\nmovq %rax, (%rbx)"
    )
    assert cold == ""


def test_a_fall_into_a_leaving_block_is_turned_round() -> None:
    hot, cold = split(
        """
        testq %rax, %rax
        jne .LBB0_2
        # %bb.1:
        negq %rax
        jmp _JIT_ERROR@PLT
        .LBB0_2:
        movq %rax, (%rbx)
        jmp _JIT_CONTINUE@PLT
        """
    )
    assert hot.startswith("testq %rax, %rax\nje .Ljit__JIT_OP_T_")
    assert hot.endswith(".LBB0_2:\nmovq %rax, (%rbx)")
    assert cold == "negq %rax\njmp _JIT_ERROR"


def test_an_operation_that_never_goes_on_is_all_hot() -> None:
    assert split("\tjmp _JIT_SIDE_EXIT@PLT") == ("jmp _JIT_SIDE_EXIT", "")


def test_unreachable_blocks_are_left_out() -> None:
    hot, cold = split("\tjmp _JIT_CONTINUE@PLT\n.LBB0_7:\n\tcallq f@PLT\n\tretq")
    assert (hot, cold) == ("", "")


def test_other_functions_are_left_alone() -> None:
    text = "\t.type helper,@function\nhelper:\n\tjmp _JIT_CONTINUE\n.Lfunc_end0:\n\t.size helper, 1\n"
    assert asm.optimize(text, X86_64) == text


def test_a_hash_in_a_string_is_no_comment() -> None:
    assert X86_64.strip_comment('\t.ascii "a # b" # c') == '.ascii "a # b"'


def test_an_unknown_directive_is_an_error() -> None:
    with pytest.raises(BuildError, match=r"_JIT_OP_T: cannot place the directive '\.quad 1'"):
        split("\t.quad 1\n\tjmp _JIT_CONTINUE@PLT")


def test_a_function_without_an_end_is_an_error() -> None:
    with pytest.raises(BuildError, match="_JIT_OP_T: the function has no end label"):
        asm.optimize("\t.type _JIT_OP_T,@function\n_JIT_OP_T:\n\tretq\n", X86_64)


@pytest.mark.parametrize("condition", sorted(X86_64.inverses))
def test_every_x86_branch_is_known_and_has_an_inverse(condition: str) -> None:
    assert X86_64.branch(f"{condition} .LBB0_1") == (condition, ".LBB0_1")
    assert X86_64.inverse(X86_64.inverse(condition)) == condition
    assert X86_64.jump(f"{condition} .LBB0_1") is None


def test_a_branch_with_no_inverse_is_an_error() -> None:
    with pytest.raises(BuildError, match="no inverse known for the branch 'jcxz'"):
        X86_64.inverse("jcxz")


@pytest.mark.parametrize(
    ("line", "inverse"),
    [("b.eq .L1", "b.ne"), ("cbz x0, .L1", "cbnz x0,"), ("tbnz w3, #4, .L1", "tbz w3, #4,")],
)
def test_aarch64_branches(line: str, inverse: str) -> None:
    branch = AARCH64.branch(line)
    assert branch is not None
    assert branch[1] == ".L1"
    assert AARCH64.inverse(branch[0]) == inverse


def test_aarch64_split() -> None:
    hot, cold = split(
        """
        cbz x0, .LBB0_2
        b _JIT_CONTINUE
        .LBB0_2:
        b _JIT_DEOPT
        """,
        AARCH64,
    )
    assert (hot, cold) == ("cbz x0, _JIT_DEOPT", "")


def test_no_landing_in_a_stencil() -> None:
    assert split("endbr64\nmovq %rax, %rbx\njmp _JIT_CONTINUE") == ("movq %rax, %rbx", "")
    # A label of `asm goto` has one too.
    goto = "cmpl $_JIT_AUX, (%rdi)\njne .LBB0_1\njmp _JIT_CONTINUE\n.LBB0_1:\nendbr64\njmp _JIT_SIDE_EXIT"
    assert split(goto) == ("cmpl $_JIT_AUX, (%rdi)\njne _JIT_SIDE_EXIT", "")


def test_called_code_returns() -> None:
    text = (
        "\t.type _JIT_CALLED_x,@function\n_JIT_CALLED_x:\n"
        "\tje _JIT_SHARED_return\n\tjmp _JIT_SHARED_return@PLT # TAILCALL\n"
    )
    assert asm.optimize(text, X86_64) == text.replace("jmp _JIT_SHARED_return@PLT # TAILCALL", "retq")


def test_the_stack_is_aligned_where_a_stencil_calls() -> None:
    """The callee may use it so; called code, which looks after itself, is called as it is."""
    with pytest.raises(BuildError, match=r"_JIT_OP_T: the stack is not aligned at 'callq _Py_Dealloc'"):
        split("callq _Py_Dealloc\njmp _JIT_CONTINUE")
    assert split("callq _JIT_CALLED_dealloc\njmp _JIT_CONTINUE")[0] == "callq _JIT_CALLED_dealloc"
    assert split("bti c\nmov x0, x1\nb _JIT_CONTINUE", AARCH64)[0] == "mov x0, x1"


FRAME = """
        pushq %rbx
        subq $16, %rsp
        callq f@PLT
        testq %rax, %rax
        je .LBB0_2
        addq $16, %rsp
        popq %rbx
        jmp _JIT_CONTINUE
        .LBB0_2:
        {}
        jmp _JIT_ERROR
"""


def test_the_stack_is_as_it_was() -> None:
    for end in ("addq $16, %rsp\npopq %rbx", "leaq 16(%rsp), %rsp\npopq %rbx", "subq $-24, %rsp"):
        assert "jmp _JIT_ERROR" in split(FRAME.format(end))[1]


@pytest.mark.parametrize(
    ("end", "message"),
    [
        ("addq $16, %rsp", "_JIT_OP_T: 8 bytes are left on the stack on the way to _JIT_ERROR"),
        ("addq $16, %rsp\nretq", "_JIT_OP_T: 8 bytes are left on the stack at 'retq'"),
        ("pushq %rax\njmpq *%rax", r"_JIT_OP_T: 32 bytes are left on the stack at 'jmpq \*%rax'"),
        ("addq $32, %rsp", r"'addq \$32, %rsp' takes what belongs to the caller"),
        ("movq %rbp, %rsp", "'movq %rbp, %rsp' moves the stack pointer to nobody knows where"),
        ("popq %rsp", "moves the stack pointer to nobody knows where"),
        ("leave", "moves the stack pointer to nobody knows where"),
        (
            "jmp .LBB0_3\n.LBB0_3:\npushq %rax\njmp .LBB0_3",
            "32 bytes are left on the stack on the way to .LBB0_3",
        ),
    ],
)
def test_a_stack_that_is_not(end: str, message: str) -> None:
    with pytest.raises(BuildError, match=message):
        split(FRAME.format(end))

"""Rewrites the compiler's assembly: every stencil is split into a hot and a cold section.

Why not take the function as the compiler laid it out?  Operations of a trace stand one after the other, so
an operation should *fall* into the next one, and what is rarely run should stand apart, after the whole
trace.  The compiler knows neither.  Working on assembly, where jumps still name labels, lets the assembler
choose their sizes.

For each stencil:

1. The body is cut into basic blocks; what a block falls into becomes explicit.
2. A block that is nothing but a jump is skipped by those that lead to it.
3. The hot chain: from the entry along what each block falls into (or always jumps to), which is the path
   the compiler thinks likely, up to the block that goes on with the next operation.  Where it closes on
   itself before that, it goes on at the branch taken out of it last that can still get there.
4. The jump at the chain's end is dropped.  Every other jump to the next operation becomes one to the end of
   the hot section.
5. All other reachable blocks go to the cold section, in their old order.
6. Instructions where indirect jumps land (endbr64) are dropped: a stencil is fallen into, and the emitter
   has one at the start of the trace; labels of `asm goto` have one each.
7. Wherever a stencil is left, the machine stack is as it was when it was entered.  So a return goes where the
   call came from, which a processor with a shadow stack checks.

Everything that is not a stencil is left as it was, but that a jump to where called code returns becomes a
return.
"""

import dataclasses
import re
from collections.abc import Iterable, Iterator

from .errors import BuildError
from .targets import Syntax

CONTINUE = "_JIT_CONTINUE"
RETURN = "_JIT_SHARED_return"  # where called code goes at its end
CALLED_PREFIX = "_JIT_CALLED_"  # of called code, which aligns the stack for itself
STACK_ALIGNMENT = 16
STENCIL_PREFIXES = ("_JIT_OP_", "_JIT_TRACE_", "_JIT_STUB_")
HOT_SECTION = ".text.jit_hot."
COLD_SECTION = ".text.jit_cold."

_LABEL = re.compile(r"^([.\w$]+):")
_FUNCTION_END = re.compile(r"^\.Lfunc_end\d+:")
_TYPE = re.compile(r"^\s*\.type\s+([\w$.]+)\s*,\s*[@%]function")
_IGNORED_DIRECTIVES = (".p2align", ".cfi_", ".balign", ".loc", ".file")


@dataclasses.dataclass
class Block:
    """A basic block.  At its end: `if condition: goto target`, then `goto successor` (None: it leaves)."""

    labels: list[str]
    body: list[str] = dataclasses.field(default_factory=list)
    condition: str | None = None
    target: str | None = None
    successor: str | None = None


def optimize(text: str, syntax: Syntax) -> str:
    """The assembly `text` with all stencils split."""
    lines = iter(text.splitlines())
    functions: set[str] = set()
    output: list[str] = []
    called, aligned = "", False  # the called code at hand; it has aligned the stack
    for line in lines:
        if match := _TYPE.match(line):
            functions.add(match[1])
        label = _LABEL.match(line)
        if label is None or label[1] not in functions or not label[1].startswith(STENCIL_PREFIXES):
            plain = syntax.strip_comment(line)
            if label is not None and label[1] in functions:
                called, aligned = label[1] if label[1].startswith(CALLED_PREFIX) else "", False
            aligned |= plain == syntax.aligns_stack
            if called and syntax.called(plain) is not None and not aligned:
                raise BuildError(f"{called}: the stack is not aligned at {plain!r}")
            output.append("\tretq" if syntax.jump(plain) == RETURN else line)
            continue
        output.extend(_split(label[1], _function_body(label[1], lines), syntax))
    return "\n".join(output) + "\n"


def _function_body(name: str, lines: Iterator[str]) -> list[str]:
    body: list[str] = []
    for line in lines:
        if _FUNCTION_END.match(line):
            # The size directive that follows speaks of a label that has moved.
            size = next(lines, "")
            if not size.strip().startswith(".size"):
                raise BuildError(f"{name}: expected .size after the function's end, found {size.strip()!r}")
            return body
        body.append(line)
    raise BuildError(f"{name}: the function has no end label")


def _split(name: str, body: Iterable[str], syntax: Syntax) -> Iterator[str]:
    blocks = _skip_trampolines(cut(name, body, syntax))
    by_label = {label: block for block in blocks for label in block.labels}
    _check_stack(name, blocks, by_label, syntax)
    hot = _hot_chain(blocks, by_label)
    reached = _reachable(blocks[0], by_label)
    placed = {id(block) for block in hot}
    cold = [block for block in blocks if id(block) in reached and id(block) not in placed]
    end = f".Ljit_end_{name}"
    yield f'\t.section\t{HOT_SECTION}{name},"ax",{syntax.section_type}'
    yield f"{name}:"
    yield from _layout(hot, syntax, end, falls_into_next=True)
    yield f"{end}:"
    yield f'\t.section\t{COLD_SECTION}{name},"ax",{syntax.section_type}'
    yield from _layout(cold, syntax, end, falls_into_next=False)


def cut(name: str, body: Iterable[str], syntax: Syntax) -> list[Block]:
    """The blocks of a function, the entry first."""
    blocks = [Block([f".Ljit_{name}_0"])]
    open_block: Block | None = blocks[0]

    def start(label: str) -> Block:
        block = Block([label])
        blocks.append(block)
        return block

    for raw in body:
        line = syntax.strip_comment(raw)
        if not line or line == syntax.landing:
            continue
        if match := _LABEL.match(line):
            if open_block is None:
                open_block = start(match[1])
            elif open_block.body:
                open_block.successor = match[1]
                open_block = start(match[1])
            else:
                open_block.labels.append(match[1])
            continue
        if line.startswith("."):
            if line.startswith(_IGNORED_DIRECTIVES):
                continue
            raise BuildError(f"{name}: cannot place the directive {line!r}")
        if open_block is None:
            continue  # nothing leads here
        if jump := syntax.jump(line):
            open_block.successor = jump
            open_block = None
        elif syntax.leaves(line):
            open_block.body.append(line)
            open_block = None
        elif branch := syntax.branch(line):
            open_block.condition, open_block.target = branch
            label = f".Ljit_{name}_{len(blocks)}"
            open_block.successor = label
            open_block = start(label)
        else:
            open_block.body.append(line)
    # A block still open ends in a call that does not come back.
    return blocks


def _skip_trampolines(blocks: list[Block]) -> list[Block]:
    """Jumps to a block that only jumps go where it goes.  The entry is never skipped."""
    goes_to: dict[str, str] = {}
    for block in blocks[1:]:
        if not block.body and block.condition is None and block.successor is not None:
            goes_to.update(dict.fromkeys(block.labels, block.successor))

    def final(label: str | None) -> str | None:
        seen: set[str] = set()
        while label is not None and label in goes_to and label not in seen:
            seen.add(label)
            label = goes_to[label]
        return label

    for block in blocks:
        block.target = final(block.target)
        block.successor = final(block.successor)
    return blocks


def _check_stack(name: str, blocks: list[Block], by_label: dict[str, Block], syntax: Syntax) -> None:
    """Refuse a stencil that is left with another stack pointer than it was entered with, or calls with one
    that is not aligned."""
    depth_at = {id(blocks[0]): 0}  # bytes on the stack where a block begins
    work = [blocks[0]]
    while work:
        block = work.pop()
        depth = depth_at[id(block)]
        for line in block.body:
            if syntax.leaves(line) and line != "ud2" and depth != 0:
                raise BuildError(f"{name}: {depth} bytes are left on the stack at {line!r}")
            called = syntax.called(line)
            aligned = syntax.call_depth in (None, depth % STACK_ALIGNMENT)
            if called is not None and not called.startswith(CALLED_PREFIX) and not aligned:
                raise BuildError(f"{name}: the stack is not aligned at {line!r}")
            depth += syntax.stack_growth(line)
            if depth < 0:
                raise BuildError(f"{name}: {line!r} takes what belongs to the caller")
        for label in _exits(block):
            following = by_label.get(label)
            expected = 0 if following is None else depth_at.get(id(following), depth)
            if depth != expected:
                raise BuildError(f"{name}: {depth} bytes are left on the stack on the way to {label}")
            if following is not None and id(following) not in depth_at:
                depth_at[id(following)] = depth
                work.append(following)


def _exits(block: Block) -> list[str]:
    return [label for label in (block.successor, block.target) if label is not None]


def _reachable(entry: Block, by_label: dict[str, Block]) -> set[int]:
    found = {id(entry)}
    work = [entry]
    while work:
        for label in _exits(work.pop()):
            block = by_label.get(label)
            if block is not None and id(block) not in found:
                found.add(id(block))
                work.append(block)
    return found


def _can_continue(blocks: list[Block], by_label: dict[str, Block]) -> set[int]:
    """Blocks from which the next operation can be reached."""
    good: set[int] = set()
    changed = True
    while changed:
        changed = False
        for block in blocks:
            if id(block) in good:
                continue
            for label in _exits(block):
                if label == CONTINUE or (label in by_label and id(by_label[label]) in good):
                    good.add(id(block))
                    changed = True
    return good


def _hot_chain(blocks: list[Block], by_label: dict[str, Block]) -> list[Block]:
    good = _can_continue(blocks, by_label)
    chain: list[Block] = []
    placed: set[int] = set()

    def free(label: str | None) -> Block | None:
        block = by_label.get(label) if label is not None else None
        return block if block is not None and id(block) not in placed else None

    block: Block | None = blocks[0]
    while block is not None:
        chain.append(block)
        placed.add(id(block))
        if CONTINUE in _exits(block) and (block.successor == CONTINUE or free(block.successor) is None):
            return chain
        following = free(block.successor)
        if following is not None and id(following) not in good and block.target == CONTINUE:
            return chain
        if following is None or (id(following) not in good and id(blocks[0]) in good):
            following = next(
                (
                    other
                    for earlier in reversed(chain)
                    if (other := free(earlier.target)) is not None and id(other) in good
                ),
                None if id(blocks[0]) in good else following,
            )
        block = following
    return chain


def _layout(chain: list[Block], syntax: Syntax, end: str, *, falls_into_next: bool) -> Iterator[str]:
    def name(label: str) -> str:
        return end if label == CONTINUE else label

    at_end = [CONTINUE] if falls_into_next else []
    for index, block in enumerate(chain):
        for label in block.labels:
            yield f"{label}:"
        for line in block.body:
            yield f"\t{line}"
        after = chain[index + 1].labels if index + 1 < len(chain) else at_end
        condition, target, successor = block.condition, block.target, block.successor
        if condition is not None and target is not None and successor is not None:
            if target == successor:
                pass
            elif target in after:
                yield f"\t{syntax.emit_branch(syntax.inverse(condition), name(successor))}"
                continue
            else:
                yield f"\t{syntax.emit_branch(condition, name(target))}"
        if successor is not None and successor not in after:
            yield f"\t{syntax.emit_jump(name(successor))}"

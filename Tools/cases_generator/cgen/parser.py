"""Recursive descent parser of the definition language.  The grammar is in InternalDocs/cases_generator.md."""

from __future__ import annotations

from .diagnostics import Abandon, Diagnostics, Source
from .lexer import DIRECTIVE, END, IDENT, NUMBER, Token, tokenize
from .syntax import (
    Body,
    CacheEffect,
    Definition,
    FamilyDef,
    MacroDef,
    OpDef,
    PartRef,
    PseudoDef,
    StackEffect,
)

KINDS = ("inst", "op", "macro", "family", "pseudo")
ANNOTATIONS = (
    "override",
    "pure",
    "guard",
    "tier1",
    "tier2",
    "specializing",
    "split",
    "replaced",
    "replicate",
    "trace",
)
TRACE_FLAGS = ("pure", "commutative", "exits", "calls", "ends")
# What memory a trace operation looks at or changes: `reads CLASS`, `writes CLASS`.
EFFECTS = ("reads", "writes")
EFFECT_CLASSES = {
    "attr": "values of attributes, in an object or in its dict",
    "name": "which attributes an instance without a dict has values for",
    "item": "items of a list",
    "length": "how many items a list has",
    "dict": "values of dicts that are no instance's",
    "entry": "the value of a dict's entry, where it is known which one",
    "type": "what a type, its dict and the layout of its instances say, or a function",
    "event": "what the evaluation loop was asked to do: signals, calls that wait, the collector",
    "frame": "frames: how many more the recursion limit and the data stack have room for",
}
CACHE_UNITS = (1, 2, 4)
CLOSERS = {"(": ")", "[": "]", "{": "}"}


def parse_file(source: Source, diagnostics: Diagnostics) -> list[Definition]:
    return _Parser(source, diagnostics).file()


class _Parser:
    def __init__(self, source: Source, diagnostics: Diagnostics) -> None:
        self.source = source
        self.diagnostics = diagnostics
        self.tokens = tokenize(source, diagnostics)
        self.pos = 0

    # --- reading tokens

    @property
    def token(self) -> Token:
        return self.tokens[self.pos]

    def next(self) -> Token:
        token = self.token
        if token.kind != END:
            self.pos += 1
        return token

    def at(self, text: str) -> bool:
        return self.token.text == text and self.token.kind != END

    def accept(self, text: str) -> Token | None:
        return self.next() if self.at(text) else None

    def expect(self, text: str, where: str) -> Token:
        if not self.at(text):
            found = f"`{self.token.text}`" if self.token.kind != END else "end of file"
            raise self.diagnostics.fatal(self.token.span, f"expected `{text}` {where}, found {found}")
        return self.next()

    def name(self, what: str) -> Token:
        if self.token.kind != IDENT:
            raise self.diagnostics.fatal(self.token.span, f"expected {what}")
        return self.next()

    # --- definitions

    def file(self) -> list[Definition]:
        found: list[Definition] = []
        while self.token.kind != END:
            if self.token.kind == DIRECTIVE:
                self.next()
                continue
            start = self.pos
            try:
                found.append(self.definition())
            except Abandon:
                self.recover(start)
        return found

    def recover(self, start: int) -> None:
        """Goes to the next thing that looks like a definition at the margin of a line."""
        self.pos = max(self.pos, start + 1)
        while self.token.kind != END and not self.begins_definition(self.pos):
            self.pos += 1

    def begins_definition(self, pos: int) -> bool:
        """True if a definition's `kind(NAME ...`, after annotations, begins its line at `pos`."""
        tokens = self.tokens
        if tokens[pos].kind != IDENT or tokens[pos].text not in (*KINDS, *ANNOTATIONS):
            return False
        before = self.source.line_text(tokens[pos].start)
        _, col = self.source.line_col(tokens[pos].start)
        if before[: col - 1].strip():
            return False
        while tokens[pos].text in ANNOTATIONS:
            pos += 4 if tokens[pos].text == "replicate" else 1
            if pos >= len(tokens) - 3:
                return False
        return (
            tokens[pos].text in KINDS
            and tokens[pos + 1].text == "("
            and tokens[pos + 2].kind == IDENT
            and tokens[pos + 3].text in (",", ")")
        )

    def definition(self) -> Definition:
        annotations: dict[str, Token] = {}
        while self.token.kind == IDENT and self.token.text not in KINDS:
            word = self.next()
            if word.text not in ANNOTATIONS:
                raise self.diagnostics.fatal(
                    word.span,
                    f"unknown annotation `{word.text}`",
                    f"a definition is {', '.join(KINDS)}, after any of: {', '.join(ANNOTATIONS)}",
                )
            if word.text in annotations:
                self.diagnostics.error(word.span, f"`{word.text}` is given twice")
            annotations[word.text] = word
            if word.text == "replicate":
                self.expect("(", "after `replicate`")
                self.next()
                self.expect(")", "after the number of `replicate`")
        kind = self.name("a definition (" + ", ".join(KINDS) + ")")
        if kind.text in ("inst", "op"):
            return self.op(kind, annotations)
        if kind.text == "macro":
            return self.macro(annotations)
        if kind.text == "family":
            return self.family(annotations)
        return self.pseudo(annotations)

    def op(self, kind: Token, annotations: dict[str, Token]) -> OpDef:
        self.expect("(", f"after `{kind.text}`")
        name = self.name("a name")
        self.expect(",", "after the name")
        caches, inputs, outputs = self.effects()
        self.expect(")", "after the stack effect")
        is_trace = "trace" in annotations
        if is_trace and kind.text != "op":
            self.diagnostics.error(annotations["trace"].span, "`trace` goes with `op`")
        flags: dict[str, Token] = {}
        while is_trace and self.token.kind == IDENT:
            word = self.next()
            if word.text in EFFECTS:
                kept = self.effect_class(word)
                flags[f"{word.text}_{kept.text}"] = word
                continue
            if word.text not in TRACE_FLAGS:
                self.diagnostics.error(
                    word.span,
                    f"unknown flag `{word.text}`",
                    f"a trace operation may be: {', '.join(TRACE_FLAGS)}, reads CLASS, writes CLASS",
                )
            flags[word.text] = word
        body = self.body(name)
        return OpDef(
            name.text,
            name.span,
            annotations,
            "trace" if is_trace else kind.text,
            caches,
            inputs,
            outputs,
            body,
            flags,
        )

    def effect_class(self, word: Token) -> Token:
        kept = self.name(f"a class of memory after `{word.text}`")
        if kept.text not in EFFECT_CLASSES:
            self.diagnostics.error(
                kept.span,
                f"unknown class of memory `{kept.text}`",
                f"the classes are: {', '.join(EFFECT_CLASSES)}",
            )
        return kept

    def effects(self) -> tuple[tuple[CacheEffect, ...], tuple[StackEffect, ...], tuple[StackEffect, ...]]:
        self.expect("(", "before the stack effect")
        caches: list[CacheEffect] = []
        inputs: list[StackEffect] = []
        while not self.at("--"):
            name = self.name("the name of an input, or `--`")
            if self.accept("/"):
                units = self.cache_units()
                if inputs:
                    self.diagnostics.error(name.span, "cache effects come before the inputs")
                caches.append(CacheEffect(name.text, units, name.span))
            else:
                inputs.append(self.effect(name))
            if not self.accept(","):
                break
        self.expect("--", "after the inputs")
        outputs: list[StackEffect] = []
        while not self.at(")"):
            outputs.append(self.effect(self.name("the name of an output, or `)`")))
            if not self.accept(","):
                break
        self.expect(")", "after the outputs")
        return tuple(caches), tuple(inputs), tuple(outputs)

    def cache_units(self) -> int:
        number = self.next()
        if number.kind != NUMBER or not number.text.isdigit():
            raise self.diagnostics.fatal(number.span, "expected the size of a cache entry in code units")
        return int(number.text)

    def effect(self, name: Token) -> StackEffect:
        words: list[Token] = []
        if self.accept(":"):
            while (self.token.kind == IDENT and self.token.text != "if") or self.at("*"):
                words.append(self.next())
            if not words:
                raise self.diagnostics.fatal(self.token.span, "expected a type")
        size = cond = ""
        if opening := self.accept("["):
            size = self.expression(opening)
        if self.accept("if"):
            cond = self.expression(self.expect("(", "after `if`"))
        return StackEffect(name.text, " ".join(w.text for w in words), size, cond, name.span)

    def expression(self, opening: Token) -> str:
        """The text up to the bracket that closes `opening`, which is consumed too."""
        close = self.closing(self.pos, opening)
        tokens = self.tokens[self.pos : close]
        self.pos = close + 1
        if not tokens:
            raise self.diagnostics.fatal(opening.span, "expected an expression")
        return self.source.text[tokens[0].start : tokens[-1].end]

    def closing(self, pos: int, opening: Token) -> int:
        """Index of the token that closes `opening`, which stands just before `pos`."""
        stack = [opening]
        while True:
            token = self.tokens[pos]
            if token.kind == END or (opening.text == "{" and self.begins_definition(pos)):
                self.pos = pos
                raise self.diagnostics.fatal(
                    stack[-1].span, f"`{stack[-1].text}` is never closed", self.seen_before(token)
                )
            if token.text in CLOSERS:
                stack.append(token)
            elif token.text in CLOSERS.values():
                if CLOSERS[stack[-1].text] != token.text:
                    self.pos = pos
                    raise self.diagnostics.fatal(
                        token.span,
                        f"`{token.text}` does not close the `{stack[-1].text}` at {stack[-1].span}",
                    )
                stack.pop()
                if not stack:
                    return pos
            pos += 1

    def seen_before(self, token: Token) -> str:
        if token.kind == END:
            return "the file ends first"
        return f"the next definition begins at line {token.span.line}"

    def body(self, name: Token) -> Body:
        opening = self.expect("{", f"before the body of `{name.text}`")
        close = self.closing(self.pos, opening)
        tokens = tuple(self.tokens[self.pos : close])
        self.pos = close + 1
        return Body(tokens, opening, self.tokens[close])

    def macro(self, annotations: dict[str, Token]) -> MacroDef:
        self.expect("(", "after `macro`")
        name = self.name("a name")
        self.expect(")", "after the name")
        self.expect("=", "before the parts")
        parts: list[PartRef] = []
        while True:
            part = self.name("the name of an operation")
            units = self.cache_units() if self.accept("/") else None
            parts.append(PartRef(part.text, units, part.span))
            if not self.accept("+"):
                break
        self.expect(";", "after the parts")
        return MacroDef(name.text, name.span, annotations, tuple(parts))

    def family(self, annotations: dict[str, Token]) -> FamilyDef:
        opening = self.expect("(", "after `family`")
        name = self.name("the name of the generic instruction")
        self.expect(",", "after the name")
        first = self.token
        size = self.expression(opening)
        return FamilyDef(name.text, name.span, annotations, size, first.span, self.names())

    def pseudo(self, annotations: dict[str, Token]) -> PseudoDef:
        self.expect("(", "after `pseudo`")
        name = self.name("a name")
        flags: list[str] = []
        if self.accept(","):
            self.expect("(", "before the flags")
            while not self.at(")"):
                flags.append(self.name("a flag").text)
                if not self.accept(","):
                    break
            self.expect(")", "after the flags")
        self.expect(")", "after the name")
        return PseudoDef(name.text, name.span, annotations, tuple(flags), self.names())

    def names(self) -> tuple[PartRef, ...]:
        self.expect("=", "before `{`")
        self.expect("{", "before the names")
        found: list[PartRef] = []
        while not self.at("}"):
            name = self.name("the name of an instruction")
            found.append(PartRef(name.text, None, name.span))
            if not self.accept(","):
                break
        self.expect("}", "after the names")
        self.expect(";", "after `}`")
        return tuple(found)

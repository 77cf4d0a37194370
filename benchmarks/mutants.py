"""What may be changed in a source file so that a test ought to fail: one small mistake a time.

Left alone are annotations, decorators, imports, docstrings, asserts and messages (text with a space in it,
what is raised): they say something to people or to the type checker, and change no result.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

COMPARED = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
COMPUTED = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
CALLED = {"max": "min", "min": "max", "any": "all", "all": "any"}
QUIET = {"cast", "TypeVar", "NewType", "Literal"}
PLAIN = (ast.Constant, ast.Name, ast.Call, ast.Attribute, ast.Subscript)  # needs no brackets around it
SEQUENCES = ("list", "tuple", "Sequence")


@dataclass(frozen=True)
class Mutant:
    """A file with one change.

    Attributes:
        path: of the file, relative to the root of the tree.
        line: where the change begins.
        before, after: source of what is changed, `before` on one line.
        span: bytes of the file that `after` takes the place of.
    """

    path: Path
    line: int
    before: str
    after: str
    span: tuple[int, int]

    def applied(self, source: bytes) -> bytes:
        """The whole file with the change."""
        return source[: self.span[0]] + self.after.encode() + source[self.span[1] :]

    def __str__(self) -> str:
        """Such as "vfibench/gate/speed.py:31  a < b  ->  (a <= b)"."""
        return f"{self.path}:{self.line}  {self.before}  ->  {self.after}"


def mutants_of(root: Path, path: Path) -> list[Mutant]:
    """Every mutant of a file; each compiles, and to other than the file itself."""
    source = (root / path).read_bytes()
    tree = ast.parse(source)
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    made: dict[tuple[tuple[int, int], str], Mutant] = {}
    for node, new in changes(tree):
        after = new if isinstance(new, str) else in_brackets(new)
        first, last = (
            starts[node.lineno - 1] + node.col_offset,
            starts[node.end_lineno - 1] + node.end_col_offset,
        )
        before = " ".join(source[first:last].decode().split())
        one = Mutant(path, node.lineno, before, after, (first, last))
        if ast.dump(ast.parse(one.applied(source))) != ast.dump(tree):
            made[one.span, after] = one
    return list(made.values())


def in_brackets(new: ast.expr) -> str:
    """Source of an expression that can stand anywhere."""
    text = ast.unparse(new)
    return text if isinstance(new, PLAIN) else f"({text})"


def changes(node: ast.AST, returned: ast.expr | None = None) -> Iterator[tuple[ast.AST, ast.expr | str]]:
    """Pairs of a node below (or at) this one and what takes its place.

    Args:
        node: where to look.
        returned: annotation of what the function around returns.
    """
    if isinstance(node, ast.FunctionDef):
        returned = node.returns
    yield from own_changes(node, returned)
    for child in children(node):
        yield from changes(child, returned)


def children(node: ast.AST) -> Sequence[ast.AST]:
    """The nodes below one in which something may be changed."""
    if isinstance(node, (ast.JoinedStr, ast.Raise, ast.Assert, ast.Import, ast.ImportFrom)):
        return ()
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        defaults = [*node.args.defaults, *node.args.kw_defaults] if isinstance(node, ast.FunctionDef) else []
        return [*(each for each in defaults if each), *node.body]
    if isinstance(node, ast.AnnAssign):
        return [node.value] if node.value else ()
    if isinstance(node, ast.If) and named(node.test) == "TYPE_CHECKING":
        return ()
    word = named(node.func if isinstance(node, ast.Call) else getattr(node, "value", None))
    if word in QUIET or (isinstance(node, ast.Call) and word.endswith("Error")):
        return ()
    return list(ast.iter_child_nodes(node))


def named(node: ast.AST | None) -> str:
    """The name of a variable, "" of anything else."""
    return node.id if isinstance(node, ast.Name) else ""


def own_changes(node: ast.AST, returned: ast.expr | None) -> Iterator[tuple[ast.AST, ast.expr | str]]:
    """What may take the place of this very node, or of a part of it."""
    if isinstance(node, ast.Constant):
        yield from ((node, ast.Constant(value)) for value in other_values(node.value))
    elif isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            for other in COMPARED[type(operator)]:
                yield node, changed(node, ops=[*node.ops[:place], other(), *node.ops[place + 1 :]])
    elif isinstance(node, ast.BinOp) and type(node.op) in COMPUTED and not of_text(node):
        yield node, changed(node, op=COMPUTED[type(node.op)]())
    elif isinstance(node, ast.BoolOp):
        yield node, changed(node, op=ast.And() if isinstance(node.op, ast.Or) else ast.Or())
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.USub)):
        yield node, node.operand
    elif isinstance(node, ast.Call) and named(node.func) in CALLED:
        yield node, changed(node, func=ast.Name(CALLED[named(node.func)]))
    for test in tests_in(node):
        if not isinstance(test, (ast.Compare, ast.UnaryOp)):
            yield test, ast.UnaryOp(ast.Not(), test)
    if isinstance(node, ast.Return) and node.value and not is_none(node.value):
        yield node.value, ast.Constant(None)
        if (named(getattr(returned, "value", None)) or named(returned)) in SEQUENCES:
            yield node.value, f"({ast.unparse(node.value)})[:1]"
    if is_a_deed(node):
        yield node, "pass"


def changed(node: ast.expr, **parts: object) -> ast.expr:
    """A copy with other parts."""
    made = deepcopy(node)
    for name, part in parts.items():
        setattr(made, name, part)
    return made


def other_values(value: object) -> tuple[object, ...]:
    """What may stand in the place of a constant."""
    if isinstance(value, bool):
        return (not value,)
    if isinstance(value, (int, float)):
        return value + 1, value - 1
    if isinstance(value, str) and value and not any(letter.isspace() for letter in value):
        return (f"{value}x",)
    return ()


def of_text(node: ast.BinOp) -> bool:
    """Whether text or a list is put together (or formatted): every other operator fails at once."""
    return any(
        isinstance(side, (ast.JoinedStr, ast.List, ast.Tuple, ast.ListComp))
        or (isinstance(side, ast.Constant) and isinstance(side.value, str))
        for side in (node.left, node.right)
    )


def tests_in(node: ast.AST) -> Sequence[ast.expr]:
    """The conditions of a statement or expression."""
    if isinstance(node, (ast.If, ast.While, ast.IfExp)) and named(node.test) != "TYPE_CHECKING":
        return (node.test,)
    return node.ifs if isinstance(node, ast.comprehension) else ()


def is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def is_a_deed(node: ast.AST) -> bool:
    """Whether a statement can be left out and what follows still runs."""
    if isinstance(node, ast.Expr):  # a call, but no docstring
        return not isinstance(node.value, ast.Constant)
    if isinstance(node, ast.Assign):
        return all(isinstance(target, (ast.Attribute, ast.Subscript)) for target in node.targets)
    return isinstance(node, (ast.AugAssign, ast.Raise, ast.Continue, ast.Break, ast.Delete))

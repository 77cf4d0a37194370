"""The files that a piece of Python code is made of, found without running any of it, and their hash."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

NATIVE = frozenset({".cu", ".cuh", ".c", ".cc", ".cpp", ".h", ".hpp"})
"""Sources that Python hands to a compiler as it runs: those beside a module are taken as its own."""
INSTALLED = frozenset({"site-packages", "dist-packages"})
HARNESS = "vfibench"


def source_sha256(target: str) -> str | None:
    """A hash of the code behind "package.module:Name": it changes when the code does.

    The name enters, and what is in `source_files`, but not where they lie: the hash is the same in another
    folder and on another machine. Line ends make no difference.

    Returns:
        64 hex digits; None where the module has no file, such as one that was made in memory.
    """
    module, _, name = target.partition(":")
    files = source_files(module)
    return _digest(name, files) if files else None


def source_files(module: str) -> list[Path]:
    """The file of a module, and of everything it imports that belongs to the same project.

    The project of an installed package is that package; of a module in a folder of the user's, all that lies
    in the folder. Imports are read from the text, those inside functions too, and followed from file to
    file. One whose name is put together as the program runs is not found. Of the harness's own modules it is
    the file alone: what changes there is told by `vfibench.version.SCORING`.

    Args:
        module: its full name, "package.module".

    Example:
        >>> [path.name for path in source_files("colorsys")]
        ['colorsys.py']
    """
    top = module.partition(".")[0]
    places = _places(_spec(top, None))
    if not places:
        return []
    if top == HARNESS:
        return [path for path in _places(_spec(module, None)) if path.is_file()]
    root = places[0] if INSTALLED & set(places[0].parts) and places[0].is_dir() else places[0].parent
    return _closure([module], root, None)


def script_sha256(script: Path) -> str:
    """As `source_sha256`, of a file that is run as a program, and of what it imports from its own folder."""
    folder = script.resolve().parent
    files = _closure(_imports(script, ""), folder, [str(folder)])
    return _digest(script.name, {*files, script.resolve()})


def _digest(name: str, files: Iterable[Path]) -> str:
    digest = hashlib.sha256(name.encode())
    for content in sorted(
        hashlib.sha256(file.read_bytes().replace(b"\r\n", b"\n")).digest() for file in files
    ):
        digest.update(content)
    return digest.hexdigest()


def _closure(names: Iterable[str], root: Path, search: Sequence[str] | None) -> list[Path]:
    """The files below `root` of these modules, of the packages they are in, and of all they import.

    The harness itself is left out where it lies in the same folder.
    """
    waiting, seen, found = list(names), set[str](), set[Path]()
    while waiting:
        name = waiting.pop()
        if name in seen or name.partition(".")[0] == HARNESS:
            continue
        seen.add(name)
        spec = _spec(name, search)
        if spec is None or not any(_is_own(place, root) for place in _places(spec)):
            continue
        waiting += [name.rpartition(".")[0]] if "." in name else []
        if spec.origin is not None:
            found.add(Path(spec.origin).resolve())
            waiting += _imports(Path(spec.origin), name)
    folders = {path.parent for path in found}
    beside = {file for folder in folders for file in folder.iterdir() if file.suffix in NATIVE}
    return sorted(found | beside)


def _spec(name: str, search: Sequence[str] | None) -> ModuleSpec | None:
    """Where a module is; unlike importlib.util.find_spec this imports no package on the way to it."""
    place, spec = search, None
    for end in range(len(parts := name.split("."))):
        try:
            spec = PathFinder.find_spec(".".join(parts[: end + 1]), place)
        except (ImportError, ValueError):
            return None
        if spec is None:
            return None
        place = list(spec.submodule_search_locations or ())
    return spec


def _places(spec: ModuleSpec | None) -> list[Path]:
    """The folders of a package, or the file of a module."""
    if spec is None:
        return []
    if spec.submodule_search_locations:
        return [Path(place).resolve() for place in spec.submodule_search_locations]
    return [Path(spec.origin).resolve()] if spec.origin is not None else []


def _is_own(place: Path, root: Path) -> bool:
    """Whether a file is the project's; what is installed into an environment inside its folder is not."""
    return place.is_relative_to(root) and not INSTALLED & set(place.relative_to(root).parts)


def _imports(path: Path, name: str) -> list[str]:
    """Names that may be modules, of all imports in a file; none where it is no Python that can be read."""
    if path.suffix != ".py":
        return []
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found = path.stat()
    return _parsed(path, found.st_size, found.st_mtime_ns, package)


@lru_cache(4096)  # methods share files, and one file is asked for again with each of its datasets
def _parsed(path: Path, _size: int, _changed: int, package: str) -> list[str]:
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return []
    return [found for node in ast.walk(tree) for found in _imported(node, package)]


def _imported(node: ast.AST, package: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        up = package.split(".")[: 1 - node.level or None] if node.level else []
        base = ".".join([*up, *([node.module] if node.module else [])])
        if base:
            yield base
        yield from (f"{base}.{alias.name}" if base else alias.name for alias in node.names)

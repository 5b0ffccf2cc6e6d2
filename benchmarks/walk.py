"""Which way does one picture go through the package, and how often does that way turn back?

.venv/bin/python benchmarks/walk.py [PICTURE]

PICTURE  that is read as a page (default: the sample with six numbers)

The picture is read once as an RGB array and once as a path, by a reader that has read before. Each
function of the package counts where it is called for the first time. Prints them in that order, a
line a stop: a stop is a change of file, a return is a stop at a file seen before. Then the named
constants of each module of `digits.reading`: assignments to upper-case names.
"""

import ast
import sys
from collections import Counter
from itertools import groupby
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import digits
from digits.io.picture import Picture, open_picture

PACKAGE = Path(digits.__file__).parent
SAMPLE = PACKAGE.parent.parent / "samples" / "42+1066-365+90-7041+8_page.jpg"
Stop = tuple[str, list[str]]  # a file, and the functions first called there


def stops(reader: digits.Reader, picture: Picture) -> list[Stop]:
    """The way of one picture."""
    called: dict[CodeType, None] = {}

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call":
            called.setdefault(frame.f_code)

    sys.setprofile(note)
    try:
        reader.read(picture)
    finally:
        sys.setprofile(None)
    functions = [
        (str(Path(code.co_filename).relative_to(PACKAGE)), code.co_qualname)
        for code in called
        if Path(code.co_filename).is_relative_to(PACKAGE) and "<" not in code.co_name
    ]
    return [
        (file, [name for _, name in group])
        for file, group in groupby(functions, key=lambda function: function[0])
    ]


def constants(path: Path) -> list[str]:
    """The upper-case names that a module assigns to at its top."""
    found = []
    for node in ast.parse(path.read_text("utf-8")).body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
        names = [name for target in targets for name in ast.walk(target)]
        found += [name.id for name in names if isinstance(name, ast.Name) and name.id.isupper()]
    return found


def main() -> None:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLE
    reader = digits.Reader().warm_up()
    for title, picture in (("an RGB array", open_picture(path)), ("a path", path)):
        way = stops(reader, picture)
        entered = Counter(file for file, _ in way)
        most = [file for file, count in entered.items() if count == max(entered.values())]
        print(f"{path.name} as {title}")
        for file, names in way:
            print(f"  {file:32} {', '.join(names)}")
        print(f"  files {len(entered)}, stops {len(way)}, returns {len(way) - len(entered)}")
        print(f"  entered most often, {max(entered.values())} times: {', '.join(most)}\n")
    named = {each: constants(each) for each in sorted((PACKAGE / "reading").rglob("*.py"))}
    print(f"named constants in reading/: {sum(map(len, named.values()))}")
    for module, names in named.items():
        if names:
            print(f"  {module.relative_to(PACKAGE)!s:32} {len(names):3}  {', '.join(names)}")


if __name__ == "__main__":
    main()

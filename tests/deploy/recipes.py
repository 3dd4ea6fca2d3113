"""The recipes of CONTRIBUTING.md, followed to the letter in a copy of the checkout."""

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

from tests.deploy.checkout import ROOT, text

_ALWAYS = ("services", "shared", "pyproject.toml", "tests/deploy", "tests/__init__.py")


def blocks(title: str) -> list[str]:
    """The blocks of a recipe, in order."""
    recipe = text("CONTRIBUTING.md").partition(f"### {title}\n")[2].partition("\n### ")[0]
    return [textwrap.dedent(block) for block in re.findall(r"```(?:python|markdown)\n(.*?)```", recipe, re.S)]


class Copy:
    """A copy of the code, and of those parts of the checkout that are named."""

    def __init__(self, root: Path, *parts: str) -> None:
        self._root = root
        for part in (*_ALWAYS, *parts):
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__", "static"))
            else:
                shutil.copy(ROOT / part, root / part)

    def write(self, path: str, content: str) -> None:
        """A new file."""
        (self._root / path).write_text(content, "utf-8")

    def add(self, path: str, lines: str, *, before: str) -> None:
        """Lines in a file, indented as the line is that begins with `before` and comes behind them."""
        page = (self._root / path).read_text("utf-8")
        (indent,) = set(re.findall(rf"^( *){re.escape(before)}", page, re.M))
        new = textwrap.indent(lines, indent)
        self.write(path, page.replace(f"\n{indent}{before}", f"\n{new}{indent}{before}", 1))

    def change(self, path: str, beginning: str, line: str) -> None:
        """The line that begins so, as the recipe has it."""
        page = (self._root / path).read_text("utf-8")
        (old,) = re.findall(rf"^{re.escape(beginning)}.*\n", page, re.M)
        self.write(path, page.replace(old, line))

    def append(self, path: str, lines: str) -> None:
        """Lines at a file's end."""
        self.write(path, f"{(self._root / path).read_text('utf-8')}\n{lines}")

    def tested(self, *how: str) -> str:
        """What pytest says in the copy. Raises AssertionError with it unless all passed."""
        ran = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--noconftest", *how],
            cwd=self._root, capture_output=True, text=True, timeout=100, check=False,
            env={**os.environ, "PYTHONPATH": str(self._root), "PYTHONSAFEPATH": "1"},
        )  # fmt: skip
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

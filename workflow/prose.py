"""No number that a run produced is typed into the text: it is recorded and glued, or it fails here.

    python -m workflow.prose chapters/*.md

looks at the prose of chapters (text, headings, lists, tables, captions, admonitions) and reports, with file
and line, every decimal, percentage, number of five digits or with thousands separators, and "k times". Code,
mathematics, citations, glue and other roles, comments and raw HTML are not prose.

Numbers that are given and not measured (a worked example, an exercise) may stand in a section whose heading
is followed by the line

    <!-- given -->

which no reader sees. It holds to the next heading of the same or a higher level. Without it are allowed:
whole numbers below 10,000 that count something ("5 ways"), years, references ("section 3.1", "Python 3.11",
"CC BY 4.0"), levels of intervals ("95% intervals") and parts by rank ("the top 1%"). Ratios in words ("three
times") fail like those in figures; "twice" is let through, because it mostly counts occasions.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.colon_fence import colon_fence_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.front_matter import front_matter_plugin
from mdit_py_plugins.myst_blocks import myst_block_plugin
from mdit_py_plugins.myst_role import myst_role_plugin

GIVEN = "<!-- given -->"
NOT_PROSE = ("code", "code-block", "sourcecode", "math", "bibliography", "toctree", "eval-rst", "raw")

_NUMBER = r"\d+(?:\.\d+)*"
_WORD = "two|three|four|five|six|seven|eight|nine|ten|twenty|fifty|hundred|thousand|million"
_ALLOWED = re.compile(
    rf"""(?:\b(?:sections?|chapters?|figures?|tables?|equations?|exercises?|pages?)|§+|\bversions?|\bpython
         |\bcc\ by(?:-\w+)*)\ ?{_NUMBER}(?:(?:,|,?\ and|\ to|\ or|–|-)\ ?{_NUMBER})*      # references
       | \b\d+(?:\.\d+)?\ ?%\ (?:\w+\ )?(?:interval|confidence|level)s?  # levels of intervals
       | \b(?:top|bottom)\ \d+(?:\.\d+)?\ ?%                            # parts by rank
       | https?://\S+ | \b10\.\d+/\S+                                    # addresses and DOIs
    """,
    re.IGNORECASE | re.VERBOSE,
)
_TYPED = (
    ("a percentage", re.compile(r"\d[\d.,]*\s?(?:%|‰|per\s?cent\b|percentage points?\b)", re.IGNORECASE)),
    (
        "a ratio",
        re.compile(rf"\b(?:\d[\d.,]*|{_WORD})[\s-](?:times|fold)\b(?!\scross)|\b\d[\d.,]*\s?[x×]\b", re.I),
    ),
    (
        "a large number",
        re.compile(r"\b\d{1,3}(?:,\d{3})+\b|\b\d{5,}\b|\b\d[\d.,]*\s(?:thousand|million|billion)\b"),
    ),
    ("a decimal", re.compile(r"(?<![\w.])\d*\.\d+(?![\w.]*\d)(?!\w)")),
)


@dataclass(frozen=True)
class Finding:
    """A typed number: where it stands, what it is, and the words."""

    path: str
    line: int
    what: str
    words: str

    def __str__(self) -> str:
        return (
            f"{self.path}:{self.line}: {self.what} is typed into the text: {self.words!r}. Record it "
            "(study.record, or data/published.toml) and quote it with {glue:text}, or mark the section as "
            "given."
        )


def check(text: str, path: str = "<text>") -> list[Finding]:
    """Every typed number in the prose of a chapter.

    Parameters
    ----------
    text
        A chapter as MyST Markdown.
    path
        What to call it in the findings.

    Returns
    -------
    list of Finding
        In the order of lines.
    """
    findings = []
    for line, words in _prose(text, 0):
        rest = _ALLOWED.sub(lambda found: " " * len(found[0]), words)
        for what, pattern in _TYPED:
            for found in pattern.finditer(rest):
                findings.append(Finding(path, line, what, words[found.start() : found.end()].strip()))
            rest = pattern.sub(lambda match: " " * len(match[0]), rest)
    return findings


def _prose(text: str, offset: int) -> Iterator[tuple[int, str]]:
    """Lines of prose outside given sections, with their line numbers in the file."""
    given_below = 0  # level of the heading whose section is given, or 0
    tokens = _parser().parse(text)
    for at, token in enumerate(tokens):
        first = offset + (token.map[0] if token.map else 0) + 1
        if token.type == "heading_open":
            level = int(token.tag[1])
            if _marks_given(tokens, at):
                given_below = min(given_below, level) if given_below else level
            elif given_below and level <= given_below:
                given_below = 0
        if given_below:
            continue
        if token.type == "inline":
            yield from _inline(token, first)
        elif token.type in ("fence", "colon_fence"):
            yield from _directive(token, first)


def _marks_given(tokens: list[Token], heading: int) -> bool:
    after = tokens[heading + 3 : heading + 4]
    return bool(after) and after[0].type == "html_block" and after[0].content.strip() == GIVEN


def _inline(token: Token, first: int) -> Iterator[tuple[int, str]]:
    """Text of a paragraph, heading or cell, line by line; code, mathematics and roles become a gap."""
    line, words = first, ""
    for child in token.children or []:
        if child.type in ("softbreak", "hardbreak"):
            yield line, words
            line, words = line + 1, ""
        elif child.type == "text":
            words += child.content
        elif child.type == "image":
            words += child.content  # its description is read out
        elif not child.type.endswith(("_open", "_close")):
            words += " \N{OBJECT REPLACEMENT CHARACTER} "
            line += child.content.count("\n")
    yield line, words


def _directive(token: Token, first: int) -> Iterator[tuple[int, str]]:
    """Prose inside a directive: captions of code cells, the body of admonitions and the like."""
    name = re.match(r"\{([\w:-]+)\}\s*(.*)", token.info.strip())
    if name is None:
        return  # a block of code
    if name[1] == "code-cell":
        head = re.match(r"---\n(.*?)^---$", token.content, re.DOTALL | re.MULTILINE)
        for at, words in enumerate(head[1].split("\n") if head else []):
            yield first + 2 + at, words
    elif name[1] not in NOT_PROSE and not name[1].startswith("glue"):
        yield first, name[2]
        yield from _prose(token.content, first)


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark").enable("table")
    for plugin in (
        front_matter_plugin,
        myst_block_plugin,
        myst_role_plugin,
        colon_fence_plugin,
        deflist_plugin,
    ):
        parser.use(plugin)
    return parser.use(dollarmath_plugin, double_inline=True)


def main(paths: list[str]) -> int:
    """Report the typed numbers of the named files; 1 if there are any, 2 if a file cannot be read."""
    findings: list[Finding] = []
    for path in paths:
        try:
            findings += check(Path(path).read_text(encoding="utf-8"), path)
        except (OSError, UnicodeDecodeError) as error:
            print(
                f"{path} cannot be read: {error}. Name the sources of chapters: chapters/*.md",
                file=sys.stderr,
            )
            return 2
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

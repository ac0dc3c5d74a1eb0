"""The lint that rejects typed numbers."""

from pathlib import Path

import pytest

from workflow.prose import check, main

CHAPTERS = Path(__file__).parents[2] / "chapters"


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ("The Gini coefficient is 0.83.", "a decimal"),
        ("It rises by +.02 at most.", "a decimal"),
        ("About 32% of plays are repeats.", "a percentage"),
        ("About 32 per cent of plays.", "a percentage"),
        ("About 32.5 percent of plays.", "a percentage"),
        ("Deep models are 3 times better.", "a ratio"),
        ("Deep models are three times better.", "a ratio"),
        ("It is ten-fold.", "a ratio"),
        ("A speed-up of 2.5x.", "a ratio"),
        ("There are 92,834 pairs.", "a large number"),
        ("There are 92834 pairs.", "a large number"),
        ("Some 160 million sessions.", "a large number"),
        ("# A title with 0.83", "a decimal"),
        ("- a list with **0.83**", "a decimal"),
        ("| a | b |\n|---|---|\n| 0.83 | c |", "a decimal"),
        ("```{note}\nIt is 0.83.\n```", "a decimal"),
        (":::{dropdown} It is 0.83\nYes.\n:::", "a decimal"),
        (":::{dropdown} A\nYes, 0.83.\n:::", "a decimal"),
        (
            "```{code-cell} ipython3\n---\nmystnb:\n  figure:\n    caption: Gini 0.83\n---\nx = 1\n```",
            "a decimal",
        ),
        ("[0.83 of it](https://example.org/)", "a decimal"),
        ("![a bar at 0.83](bar.png)", "a decimal"),
    ],
)
def test_typed_numbers_are_found(words, what):
    assert [finding.what for finding in check(words)] == [what]


@pytest.mark.parametrize(
    "words",
    [
        "There are 3 ways to split, and 5 splits.",
        "Last.fm in 2011 had 50 artists a listener; see chapter 3.",
        "The review (sections 3.1 and 3.2, §4.1) says so. Python 3.11. CC BY 4.0. CC BY-SA 4.0.",
        "With 95% intervals, 95% bootstrap intervals, a 95% confidence interval.",
        "The top 1% of items hold {glue:text}`tail.top1:.1%` of the plays.",
        "It is {glue:text}`listening.gini:.2f`, from {glue:text}`a.low:.2f` to `0.83`.",
        "It is $0.83$ and $x = 3.5$.",
        "$$\n0.83\n$$",
        "```python\nx = 0.83\n```",
        "```{code-cell} ipython3\n:tags: [hide-input]\nx = 0.83  # 92,834\n```",
        "```{math}\n0.83\n```",
        "<p>0.83</p>",
        "% a comment with 0.83",
        "---\nversion: 0.83\n---\n\nText.",
        "1. one\n2. two",
        "Numbered 1.2.3 and 10.1145/3038912 is a DOI's beginning.",
        "Ten-fold cross-validation, drawn twice.",
        "{cite}`oramas2017` and [a link](https://example.org/0.83).",
    ],
)
def test_other_numbers_pass(words):
    assert check(words) == []


def test_file_and_line_are_named():
    text = (
        "---\na: 1\n---\n\n# Title\n\nOne line\nand 0.83 here.\n\n```{note}\nFirst.\n\nThen 0.5 there.\n```\n"
    )
    findings = check(text, "chapters/01_x.md")
    assert [(f.line, f.words) for f in findings] == [(8, "0.83"), (13, "0.5")]
    assert str(findings[0]).startswith("chapters/01_x.md:8: a decimal is typed into the text: '0.83'.")
    assert "study.record" in str(findings[0])


def test_line_after_mathematics_of_several_lines():
    assert [f.line for f in check("Text $$\na\nb\n$$ text\n0.83")] == [5]


def test_given_sections_may_hold_numbers_and_end_at_the_next_heading():
    text = (
        "# T\n\n## Example\n\n<!-- given -->\n\nIt is 0.8.\n\n### Below\n\nAlso 0.7.\n\n## Next\n\nBut 0.6.\n"
    )
    assert [f.words for f in check(text)] == ["0.6"]


def test_given_must_follow_its_heading():
    text = "# T\n\nText.\n\n<!-- given -->\n\nIt is 0.8.\n"
    assert [f.words for f in check(text)] == ["0.8"]


def test_given_section_that_follows_a_deeper_given_one_is_given_whole():
    text = "## A\n\n### B\n\nGIVEN\n\n0.1\n\n## C\n\nGIVEN\n\n0.2\n\n### D\n\n0.3\n\n## E\n\n0.4\n"
    text = text.replace("GIVEN", "<!-- given -->")
    assert [f.words for f in check(text)] == ["0.4"]


def test_command(tmp_path, capsys):
    good, bad = tmp_path / "good.md", tmp_path / "bad.md"
    good.write_text("Nothing typed.\n", encoding="utf-8")
    bad.write_text("It is 0.83.\n", encoding="utf-8")
    assert main([str(good)]) == 0
    assert main([str(good), str(bad)]) == 1
    assert f"{bad}:1: a decimal" in capsys.readouterr().out
    assert main([str(tmp_path / "none.md")]) == 2
    assert "none.md cannot be read" in capsys.readouterr().err


def test_no_chapter_types_a_number():
    chapters = sorted(CHAPTERS.glob("*.md"))
    assert chapters, f"no chapters in {CHAPTERS}"
    findings = [
        finding for path in chapters for finding in check(path.read_text(encoding="utf-8"), str(path))
    ]
    assert not findings, "\n".join(map(str, findings))

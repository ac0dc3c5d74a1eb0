"""How the chapters' text becomes executed notebooks and pages.

The order of the rooms: `plan` (what is built where), `notebook` (text to notebook, and its final form),
`kernel` (the process a chapter runs in), `receipts` (what a run rested on), `costs`, `execute` (one
chapter), `site` and `pages` (the book), `publish` (what is kept under git), and `run`, which `make` calls
and which starts Snakemake.
"""


class WorkflowError(Exception):
    """Something a person can put right: the message says what was found, what was expected, what to do."""

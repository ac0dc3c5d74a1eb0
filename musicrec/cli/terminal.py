"""Where the command prints: results to the one stream, messages and progress to the other."""

from rich.console import Console

out = Console()
err = Console(stderr=True)

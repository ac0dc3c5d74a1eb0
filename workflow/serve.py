"""Serve the pages to this machine's browser, and to nobody else."""

import argparse
import functools
import http.server
import sys

from workflow.plan import Build, add_arguments


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--port", type=int, default=8000)
    chosen = parser.parse_args()
    pages = Build.from_arguments(chosen).html
    if not pages.is_dir():
        print(f"there are no pages in {pages}; build them first: make book", file=sys.stderr)
        return 1
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(pages))
    try:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", chosen.port), handler)
    except (OSError, OverflowError) as error:  # a port that is taken, ours only as root, or no port
        print(
            f"cannot serve on port {chosen.port}: {getattr(error, 'strerror', None) or error}; "
            f"choose another: make serve PORT=8001",
            file=sys.stderr,
        )
        return 1
    with server:
        print(f"http://localhost:{chosen.port} shows {pages}; end with Ctrl-C", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()
    return 0


if __name__ == "__main__":
    sys.exit(main())

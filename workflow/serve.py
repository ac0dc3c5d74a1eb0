"""Serve the pages to this machine's browser, and to nobody else."""

import argparse
import functools
import http.server

from workflow.plan import Build, add_arguments


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--port", type=int, default=8000)
    chosen = parser.parse_args()
    pages = Build.from_arguments(chosen).html
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(pages))
    with http.server.ThreadingHTTPServer(("127.0.0.1", chosen.port), handler) as server:
        print(f"http://localhost:{chosen.port} shows {pages}; end with Ctrl-C", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    main()

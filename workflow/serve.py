"""Serve the pages to this machine's browser, and to nobody else."""

import argparse
import asyncio
import socket
import sys
from pathlib import Path

from tornado.httpserver import HTTPServer
from tornado.web import Application, StaticFileHandler

from workflow.plan import Build, add_arguments


def application(pages: Path) -> Application:
    """What answers: files of a folder, and parts of files, without which Safari plays no sound."""
    folder = {"path": str(pages), "default_filename": "index.html"}
    return Application([(r"/(.*)", StaticFileHandler, folder)])


async def serve(pages: Path, port: int) -> None:
    """Serve a folder to this machine until the process is stopped."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.setblocking(False)
    listening.bind(("127.0.0.1", port))
    listening.listen()
    HTTPServer(application(pages)).add_socket(listening)
    print(f"http://localhost:{port} shows {pages}; end with Ctrl-C", flush=True)
    await asyncio.Event().wait()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--port", type=int, default=8000)
    chosen = parser.parse_args()
    pages = Build.from_arguments(chosen).html
    if not pages.is_dir():
        print(f"there are no pages in {pages}; build them first: make book", file=sys.stderr)
        return 1
    try:
        asyncio.run(serve(pages, chosen.port))
    except KeyboardInterrupt:
        print()
    except (OSError, OverflowError) as error:  # a port that is taken, ours only as root, or no port
        print(
            f"cannot serve on port {chosen.port}: {getattr(error, 'strerror', None) or error}; "
            f"choose another: make serve PORT=8001",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

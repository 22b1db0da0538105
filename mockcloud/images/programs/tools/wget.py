"""wget [-q] [-O FILE] [-T SECONDS] [--spider] [-S] URL: the options that guides use."""

import argparse
import sys
from pathlib import Path

from mockcloud.images.programs.tools.fetching import Unreachable, fetch


def main(argv: list[str]) -> int:
    """0 where the answer was a good one; 4 for no connection, 8 for a refusal, as GNU's."""
    given = _parser().parse_args(_apart(argv))
    url = given.url if "://" in given.url else f"http://{given.url}"
    code, complaint = _get(url, given)
    if complaint and not given.quiet:
        sys.stderr.write(f"wget: {complaint}\n")
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("wget")
    parser.add_argument("-q", action="store_true", dest="quiet")
    parser.add_argument("-O", dest="output", metavar="FILE")
    parser.add_argument("-S", action="store_true", dest="head")
    parser.add_argument("-T", "--timeout", type=float, default=10.0, dest="timeout", metavar="SECONDS")
    parser.add_argument("-t", "--tries", type=int)
    parser.add_argument("--spider", action="store_true")
    parser.add_argument("--header", action="append", default=[])
    parser.add_argument("url")
    return parser


def _get(url: str, given: argparse.Namespace) -> tuple[int, str]:
    """(exit code, what to complain of)."""
    try:
        answer = fetch("HEAD" if given.spider else "GET", url, given.header, given.timeout)
    except Unreachable as error:
        return 4, str(error)
    if given.head:
        sys.stderr.write(answer.head)
    if answer.status >= 400:
        return 8, f"server returned error: HTTP/1.1 {answer.status} {answer.reason}"
    name = given.output or url.rpartition("/")[2] or "index.html"
    if given.spider:
        return 0, ""
    if name == "-":
        sys.stdout.buffer.write(answer.body)
        return 0, ""
    Path(name).write_bytes(answer.body)
    return 0, ""


def _apart(argv: list[str]) -> list[str]:
    """`-qO-` as `-q -O -`."""
    found = []
    for word in argv:
        if word.startswith("-q") and len(word) > 2:
            found += ["-q", f"-{word[2:]}"]
        else:
            found.append(word)
    return found

"""curl [OPTIONS] URL...: the options that guides use, for a host that has no curl of its own."""

import argparse
import sys
from pathlib import Path
from typing import Final

from mockcloud.images.programs.tools.fetching import Answer, Unreachable, fetch

# curl's exit codes (its manual): could not resolve, could not connect, HTTP error with -f, time-out.
RESOLVE, CONNECT, RETURNED, TIMEOUT = 6, 7, 22, 28
FORMATS: Final = {"\\n": "\n", "\\t": "\t"}


def main(argv: list[str]) -> int:
    """curl's exit code of the last URL."""
    given = _parser().parse_args(argv)
    method = "HEAD" if given.head_only else given.request or ("POST" if given.data is not None else "GET")
    code = 0
    for url in given.urls:
        full = url if "://" in url else f"http://{url}"
        body = None if given.data is None else given.data.encode()
        try:
            answer = fetch(method, full, given.header, given.max_time or given.connect_timeout or 300.0, body)
        except Unreachable as error:
            if not given.silent or given.show_error:
                sys.stderr.write(f"curl: ({error.code}) {error}\n")
            code = error.code
            continue
        code = _show(answer, given)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("curl", add_help=False)
    add = parser.add_argument
    add("-s", "--silent", action="store_true")
    add("-S", "--show-error", action="store_true")
    add("-f", "--fail", action="store_true")
    add("-i", "--include", action="store_true")
    add("-I", "--head", action="store_true", dest="head_only")
    add("-L", "--location", action="store_true")
    add("-k", "--insecure", action="store_true")
    add("-v", "--verbose", action="store_true")
    add("-4", action="store_true", dest="four")
    add("-6", action="store_true", dest="six")
    add("-m", "--max-time", type=float)
    add("--connect-timeout", type=float)
    add("-H", "--header", action="append", default=[])
    add("-X", "--request")
    add("-d", "--data", "--data-raw")
    add("-o", "--output")
    add("-w", "--write-out", default="")
    add("urls", nargs="+", metavar="URL")
    return parser


def _show(answer: Answer, given: argparse.Namespace) -> int:
    if given.fail and answer.status >= 400:
        if not given.silent or given.show_error:
            sys.stderr.write(f"curl: ({RETURNED}) The requested URL returned error: {answer.status}\n")
        return RETURNED
    head = answer.head.replace("\n", "\r\n") + "\r\n" if given.include or given.head_only else ""
    content = head.encode() + answer.body
    if given.output:
        Path(given.output).write_bytes(content)
    else:
        sys.stdout.buffer.write(content)
    shown = given.write_out.replace("%{http_code}", str(answer.status))
    shown = shown.replace("%{response_code}", str(answer.status))
    for escape, character in FORMATS.items():
        shown = shown.replace(escape, character)
    sys.stdout.buffer.write(shown.encode())
    sys.stdout.buffer.flush()
    return 0

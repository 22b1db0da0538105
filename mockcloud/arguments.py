"""What the command lines of a lab's daemons have in common: lists, and options that all of them take."""

import argparse
import os
from collections.abc import Callable
from typing import Final, TypeVar

LOG_LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR")
Item = TypeVar("Item")


def each(option: str, text: str, convert: Callable[[str], Item]) -> list[Item]:
    """What `convert` makes of each part of A,B,...; ValueError names the option and its value."""
    try:
        return [convert(part.strip()) for part in text.split(",")]
    except ValueError as error:
        msg = f"{option} {text!r}: {error}"
        raise ValueError(msg) from error


def add_kubeconfig(parser: argparse.ArgumentParser) -> None:
    """`--kubeconfig`, by default what KUBECONFIG names."""
    parser.add_argument("--kubeconfig", default=os.environ.get("KUBECONFIG"), help="default: $KUBECONFIG")


def kubeconfig(given: argparse.Namespace) -> str:
    """The path of the kubeconfig; ValueError where there is none."""
    if not given.kubeconfig:
        msg = "no kubeconfig: --kubeconfig is missing, and KUBECONFIG is not set; expected the path of one"
        raise ValueError(msg)
    return str(given.kubeconfig)


def add_log_level(parser: argparse.ArgumentParser) -> None:
    """`--log-level`."""
    parser.add_argument("--log-level", default="INFO", choices=LOG_LEVELS)

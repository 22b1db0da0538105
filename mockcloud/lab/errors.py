"""What goes wrong in a lab in a way that a person can mend: printed as one line, without a stack trace."""


class LabError(Exception):
    """The message names the thing, its value and what was expected."""


class UsageError(LabError):
    """What was typed can be no command: exit code 2, as for any other misuse of a command line."""

"""Conditions that a write has to meet before a webhook or a policy is asked about it."""

from collections.abc import Mapping
from typing import Any

from mockcloud.kube.admission.seen import OUT_OF_BUDGET, Failed, value
from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.resources.admission_expressions import BadExpression, condition
from mockcloud.kube.resources.cel.programs import MATCH_CONDITIONS, Budget


def met(conditions: list[JsonObject], seen: Mapping[str, Any], *, fails: bool) -> bool:
    """Whether none of them is false; Failed where one has no value, none is false, and that is to fail."""
    budget, problems = Budget(MATCH_CONDITIONS), list[str]()
    for each in conditions:
        try:
            program = condition(each["expression"].strip(), params="params" in seen)
            if value(program, seen, budget) is False:
                return False
        except BadExpression as exc:  # written before it was judged
            problems.append(f"compilation error: {exc}")
        except Failed as exc:
            if exc.ends:
                problems = [OUT_OF_BUDGET]
                break
            problems.append(str(exc))
    if problems and fails:
        raise Failed(problems[0] if len(problems) == 1 else f"[{', '.join(problems)}]")
    return not problems

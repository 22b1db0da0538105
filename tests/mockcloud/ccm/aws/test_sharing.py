"""Looks that many share: few requests, and nobody is told what was before they asked."""

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest

from mockcloud.ccm.aws.balancers import AwsBalancers
from mockcloud.ccm.aws.sharing import Shared
from mockcloud.ccm.provider import ProviderError
from tests.mockcloud.ccm.aws.cloud import CLUSTER, Account, Direct
from tests.mockcloud.ccm.aws.services import HTTP, service

MANY = 20


class Counting(Direct):
    """Which reads were made, too."""

    def __init__(self, cloud):
        super().__init__(cloud)
        self.asked = []

    async def call(self, service, operation, params):
        self.asked.append((operation, str(params)))
        return await super().call(service, operation, params)

    def reads_of_the_nodes_groups(self):
        return [
            each
            for operation, each in self.asked
            if operation == "describe_security_groups" and "group-name" not in each
        ]


class Slow:
    """Answers with the number of the request, when it is let."""

    def __init__(self):
        self.sent = 0
        self.answers = []
        self.news = asyncio.Condition()

    async def look(self):
        self.sent += 1
        number, answer = self.sent, asyncio.get_running_loop().create_future()
        self.answers.append(answer)
        async with self.news:
            self.news.notify_all()
        await answer
        return number

    async def is_sent(self, count):
        async with self.news:
            await self.news.wait_for(lambda: len(self.answers) >= count)


async def test_all_who_ask_before_a_request_is_sent_share_its_answer():
    """The first has its own; who comes meanwhile waits for the next, which was sent after they asked."""
    shared, slow = Shared(), Slow()
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        first = group.create_task(shared.ask("what", slow.look))
        await slow.is_sent(1)
        meanwhile = [group.create_task(shared.ask("what", slow.look)) for _ in range(3)]
        await asyncio.sleep(0)
        slow.answers[0].set_result(None)
        await slow.is_sent(2)
        late = group.create_task(shared.ask("what", slow.look))
        await asyncio.sleep(0)
        slow.answers[1].set_result(None)
        await slow.is_sent(3)
        slow.answers[2].set_result(None)
    assert [each.result() for each in (first, *meanwhile, late)] == [1, 2, 2, 2, 3]


async def test_another_question_or_a_failure_is_shared_with_nobody():
    """Each has the answer to its own question, or a try of its own."""
    shared, slow = Shared(), Slow()
    asked = asyncio.gather(*(shared.ask(what, slow.look) for what in "abcc"), return_exceptions=True)
    no = ProviderError("not now")
    async with asyncio.timeout(5):
        for number in range(4):
            await slow.is_sent(number + 1)
            if number == 2:
                slow.answers[number].set_exception(no)
            else:
                slow.answers[number].set_result(None)
        assert await asked == [1, 2, no, 4]


@pytest.mark.parametrize("annotations", [{"type": "nlb"}, {}], ids=["nlb", "classic"])
async def test_many_services_at_once_cost_few_reads_of_the_nodes_groups(annotations):
    """What grows with each Service is read for several at a time; all are let in, and let go again."""
    made = Account()
    made.launch(2)
    before = made.left()
    aws = Counting(made.cloud)
    ours = AwsBalancers(aws, CLUSTER, made.vpc)
    many = [_numbered(annotations, number) for number in range(MANY)]
    await asyncio.gather(*(ours.ensure(each, made.nodes()) for each in many))
    assert len(made.left()["rules"]["nodes"]) == MANY + (annotations != {})  # and ICMP's, which they share
    assert len(aws.reads_of_the_nodes_groups()) <= MANY // 2
    await asyncio.gather(*(ours.delete(each) for each in many))
    assert len(aws.reads_of_the_nodes_groups()) <= MANY
    assert made.left() == before


async def test_a_rule_that_somebody_took_away_is_there_again_after_the_next_sync():
    """What was seen for the last sync is not believed in this one; nor after a change that failed."""
    made = Account()
    made.launch(1)
    ours = AwsBalancers(Direct(made.cloud), CLUSTER, made.vpc)
    nlb = service(annotations={"type": "nlb"})
    await ours.ensure(nlb, made.nodes())
    wanted = made.left()
    for _ in range(2):
        [group] = made.ask("ec2", "describe_security_groups", GroupIds=[made.group])["SecurityGroups"]
        made.ask(
            "ec2",
            "revoke_security_group_ingress",
            GroupId=made.group,
            IpPermissions=[_permission(each) for each in group["IpPermissions"]],
        )
        assert made.left() != wanted
        await ours.ensure(nlb, made.nodes())
        assert made.left() == wanted


def _numbered(annotations, number):
    made = service({**HTTP, "nodePort": 31000 + number}, annotations=annotations)
    return replace(made, meta=replace(made.meta, name=f"web-{number}", uid=str(UUID(int=number + 1 << 96))))


def _permission(row):
    ranges = [{"CidrIp": each["CidrIp"]} for each in row["IpRanges"]]
    return {**{key: row[key] for key in ("IpProtocol", "FromPort", "ToPort")}, "IpRanges": ranges}

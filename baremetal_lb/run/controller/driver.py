"""Feeds the controller's machine and performs what it wants: on the API, and for people.

`Driver.feed` takes the event, the machine decides, and `OnTheApi.perform` or `ForPeople.perform` does it, in
the order in which the machine says it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from baremetal_lb.decide.controller.commands import (
    Allocated,
    Began,
    Command,
    ConfigNews,
    JudgeConfig,
    MakeNamespace,
    Record,
    TellConfig,
    WriteStatus,
    WriteVerdict,
)
from baremetal_lb.decide.controller.events import (
    Event,
    TermEnded,
)
from baremetal_lb.decide.timers import Tick, WakeAt
from baremetal_lb.model.times import Times
from baremetal_lb.run.feeding import Feeding

if TYPE_CHECKING:
    from baremetal_lb.decide.controller.machine import ControllerMachine
    from baremetal_lb.kube.events import EventRecorder
    from baremetal_lb.model.objects import ObjectKey
    from baremetal_lb.run.clock import SteadyClock
    from baremetal_lb.run.controller.config_map import PoolsConfigMap
    from baremetal_lb.run.controller.status_writer import StatusWriter
    from baremetal_lb.run.metrics.counters import Counters

log = structlog.get_logger("controller")
config_log = structlog.get_logger("config")


class Driver(Feeding[Event, Command]):
    """One term's machine and its timer. Every method is for the event loop's thread.

    `began`: the first decision was made and performed. `idle`: no status waits, and none is being written.
    """

    def __init__(self, machine: ControllerMachine, clock: SteadyClock) -> None:
        super().__init__()
        self.machine = machine
        self.began = asyncio.Event()
        self.idle = asyncio.Event()
        self._clock = clock
        self._timer: asyncio.TimerHandle | None = None
        self._is_time = asyncio.Event()

    async def run(self) -> None:
        """Tell the machine when it is time, until cancelled; what it raises ends this."""
        while True:
            await self._is_time.wait()
            self._is_time.clear()
            self.feed(Tick())

    def stop(self) -> None:
        """Decide no more."""
        self.feed(TermEnded())

    def _handle(self, event: Event) -> None:
        loop = asyncio.get_running_loop()
        now = Times(loop.time(), self._clock.now(), self._clock.offset)
        commands = self.machine.handle(event, now)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for command in commands:
            match command:
                case WakeAt(at) if at <= now.awake:
                    self._is_time.set()
                case WakeAt(at):
                    self._timer = loop.call_at(at, self._is_time.set)
                case Began():
                    self.began.set()
                case _:
                    self._perform(command)
        (self.idle.set if self.machine.statuses.is_idle else self.idle.clear)()


@dataclass(frozen=True, slots=True)
class OnTheApi:
    """What one controller writes. Each takes it at once, and writes it in a task of its own."""

    statuses: StatusWriter
    config_map: PoolsConfigMap
    namespace_gone: asyncio.Event

    def perform(self, command: Command) -> None:
        """What concerns the API; the rest is left alone."""
        match command:
            case WriteStatus(write):
                self.statuses.submit(write)
            case JudgeConfig():
                self.config_map.judge(command)
            case WriteVerdict(verdict):
                self.config_map.write(verdict)
            case MakeNamespace():
                self.namespace_gone.set()


@dataclass(frozen=True, slots=True)
class ForPeople:
    """Events, log lines and counts of one controller."""

    recorder: EventRecorder
    counters: Counters
    config_key: ObjectKey

    def perform(self, command: Command) -> None:
        """What people want to know; the rest is left alone."""
        match command:
            case Record():
                self._record(command)
            case TellConfig():
                self._tell_config(command)
            case Allocated(seconds):
                self.counters.allocation.add(seconds)

    def _record(self, event: Record) -> None:
        subject, note = event.subject, event.note
        if event.refusal is not None:
            self.counters.refusals[event.refusal] += 1
        if subject.kind == "Service":
            write = log.warning if note.reason.is_warning else log.info
            write(str(note.reason), service=str(subject.key), text=note.message)
        self.recorder.record(subject, note)

    def _tell_config(self, told: TellConfig) -> None:
        self.counters.update_errors += told.gone_stale
        details, key = list(told.details), str(self.config_key)
        match told.news:
            case ConfigNews.ACCEPTED:
                config_log.info("configuration accepted", config_map=key, pools=details)
            case ConfigNews.REJECTED:
                config_log.error("configuration rejected", config_map=key, faults=details)
            case ConfigNews.MISSING:
                config_log.warning("no ConfigMap", config_map=key, in_force=details[0])
            case ConfigNews.FOREIGN:
                config_log.warning("a pool overlaps addresses that belong to something else", text=details[0])

"""Why the cloud does not do what it was asked; each dialect has its own code and words for it."""

from __future__ import annotations

from enum import StrEnum


class Why(StrEnum):
    """The reasons, by kind."""

    NOT_FOUND = "not found"
    INVALID = "invalid"
    NOT_UNIQUE = "not unique"
    LOCKED = "locked"
    PROTECTED = "protected"
    IN_USE = "in use"
    QUOTA = "quota"
    CONFLICT = "conflict"
    # of balancers
    PORT_TAKEN = "port taken"
    TARGET_EXISTS = "target exists"
    NOT_IN_NETWORK = "not in the network"
    NO_NETWORK = "balancer without a network"
    HAS_NETWORK = "has a network already"
    PUBLIC_TARGETS = "targets by public address"
    CLOUD_ADDRESS = "address of the cloud"
    NO_PUBLIC_ADDRESS = "no public address"
    TYPE_TOO_SMALL = "type too small"
    WRONG_KIND = "another kind of balancer"
    CONFIGURATION = "configuration"
    UNKNOWN_ATTRIBUTE = "unknown attribute"
    PROTOCOL = "protocol of another kind of balancer"
    PROTOCOLS = "protocols that do not go together"
    GROUP_TAKEN = "target group of another balancer"
    BAD_TARGET = "target that cannot be had"
    POLICY_EXISTS = "policy of that name"
    NO_POLICY = "no such policy"
    NO_POLICY_TYPE = "no such type of policy"
    # of networks
    NO_SPACE = "no address left"
    ADDRESS_TAKEN = "address taken"
    OVERLAP = "overlap"
    # of security groups
    RULE_EXISTS = "rule exists"
    NO_RULE = "no such rule"
    IS_DEFAULT = "is the default"
    # of addresses
    ADDRESS_HELD = "address held"


class Refusal(Exception):
    """`field` is the part of the request that is at fault, as the command names it; empty where none is."""

    def __init__(self, why: Why, message: str, field: str = "") -> None:
        super().__init__(message)
        self.why = why
        self.message = message
        self.field = field

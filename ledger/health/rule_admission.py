"""What a bundle must be before two parties sign it: gates learn too late that a rule is none.

Each rule satisfies `certlogic.lifecycle`, and rules and value sets are those that the policy names,
so that nobody signs one list and hands out another.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from ledger.agreements.health_policy import Policy
from ledger.canonical import parse_json
from ledger.certlogic.lifecycle import RuleRefused, admit, fit
from ledger.certlogic.rules import Rule, read_rule
from ledger.errors import Refused
from ledger.health.rule_bundles import (
    COUNTRY,
    VALUE_SETS,
    RuleBundle,
    is_needed,
    needed_in,
    read_rule_bundle,
    write_rule_bundle,
)
from ledger.values import Seconds

NO_VALUE_SETS: Final = "0x" + "00" * 32
"""What a policy names as the digest of its value sets when its rules look into none."""


@dataclass(eq=False)
class RuleBundleUnfit(Refused):
    """The bundle may not be agreed on: in which file, and why."""

    path: str
    reason: str


def admit_bundle(
    policy: Policy, files: Mapping[str, bytes], former: Mapping[str, bytes], now: Seconds
) -> bytes:
    """Return the manifest over `files` by path, which both parties may sign at `now`.

    `former`: the files of the version that this one follows; a rule that is the same there was
    admitted then, however long it has been in force.

    Raises:
        RuleBundleInvalid: for a path or a file that no gate could read.
        RuleBundleUnfit: for a rule that may not enter force, and where the policy names others.
    """
    manifest = write_rule_bundle(files)
    _read(files)
    rules = {path: _rule(files[path]) for path in needed_in(manifest) if path != VALUE_SETS}
    _admit_rules(rules, files, former, policy.document["to"][:COUNTRY], now)
    _require_named(policy, rules, files)
    return manifest


def check_file(path: str, content: bytes, country: str | None) -> None:
    """Raise unless a file that an agreement names is fit to be judged by, where gates judge by it.

    `country`: of the receiver, whose rules they are; None where nobody knows. When a rule begins is
    not looked at: it was agreed on. Other files than rules and value sets are for people.

    Raises:
        RuleBundleInvalid: for a file that no gate could read.
        RuleBundleUnfit: for a rule that could not have entered force.
    """
    if not is_needed(path):
        return
    _read({path: content})
    if path != VALUE_SETS:
        try:
            fit(content, country or _rule(content).country)
        except RuleRefused as exc:
            raise RuleBundleUnfit(path, f"{exc.check}: {exc.reason}") from exc


def _admit_rules(
    rules: Mapping[str, Rule],
    files: Mapping[str, bytes],
    former: Mapping[str, bytes],
    country: str,
    now: Seconds,
) -> None:
    latest = _latest(_read(former).rules)
    known = set(former.values())
    for path, rule in sorted(rules.items(), key=lambda each: each[1].version):
        if files[path] in known:
            continue
        try:
            admit(files[path], country, {country}, latest.get(rule.identifier), now)
        except RuleRefused as exc:
            raise RuleBundleUnfit(path, f"{exc.check}: {exc.reason}") from exc
        latest[rule.identifier] = rule


def _require_named(policy: Policy, rules: Mapping[str, Rule], files: Mapping[str, bytes]) -> None:
    document = policy.document
    wanted = {(each["id"], each["version"], each["sha256"]) for each in document["rules"]}
    found = {
        (rule.identifier, ".".join(map(str, rule.version)), _hex(files[path]))
        for path, rule in rules.items()
    }
    if wanted != found:
        odd = sorted({identifier for identifier, _, _ in wanted ^ found})
        raise RuleBundleUnfit("rules", ", ".join(odd))
    held = _hex(files[VALUE_SETS]) if VALUE_SETS in files else NO_VALUE_SETS
    if held != document["valueSets"]:
        raise RuleBundleUnfit(VALUE_SETS, "not those that the policy names")


def _read(files: Mapping[str, bytes]) -> RuleBundle:
    contents = {hashlib.sha256(each).digest(): each for each in files.values()}
    return read_rule_bundle(write_rule_bundle(files), contents)


def _latest(rules: Iterable[Rule]) -> dict[str, Rule]:
    return {rule.identifier: rule for rule in sorted(rules, key=lambda rule: rule.version)}


def _rule(content: bytes) -> Rule:
    return read_rule(parse_json(content))


def _hex(content: bytes) -> str:
    return "0x" + hashlib.sha256(content).hexdigest()

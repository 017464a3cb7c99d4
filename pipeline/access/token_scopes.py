"""Scopes of tokens as the policy knows them: what may be read, what may be done, by their names."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from pipeline.access.policy import Policy


def scopes_of(policy: Policy) -> tuple[str, ...]:
    """Give every scope that names one thing: ``read:`` a kind or page, ``act:`` a command."""
    file = policy.file
    read = {*file.kinds, *(one.name for one in file.pages)}
    act = {name for row in file.acts for name in row.commands}
    return (*(f"read:{one}" for one in sorted(read)), *(f"act:{one}" for one in sorted(act)))


def scope_problems(policy: Policy, scopes: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Give what is wrong with scopes, with the way out: a scope that fits nothing lets in nobody.

    ``*`` at the end of one stands for whatever follows: ``read:*``, ``act:incident_*``.
    """
    known = scopes_of(policy)
    for one in scopes:
        verb, _, _ = one.partition(":")
        begun = one[:-1] if one.endswith("*") and verb in ("read", "act") and ":" in one else one
        if one in known or (begun != one and any(name.startswith(begun) for name in known)):
            continue
        near = get_close_matches(begun.rstrip("*")[:99], known, n=1, cutoff=0.5)
        way_out = f"did you mean {near[0]}?" if near else f"such as {known[0]}, read:*, {known[-1]}"
        yield f"{one!r} is no scope: it fits nothing that is read or done", way_out

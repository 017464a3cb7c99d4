"""What each kind of process may do in Kafka: a role for each, and no more than it needs."""

import pytest
import yaml

from connectors.stores.kafka.topics import TOPICS
from pipeline.errors import ConfigurationError
from pipeline.runtime.cluster.rights import read_rights, rights_file
from pipeline.settings import ClusterSettings

SETTINGS = ClusterSettings(prefix="siem.")


def given(user: str, operation: str) -> set[str]:
    """Give the names on which a user has an operation, with a star where they begin so."""
    return {
        f"{one.name}{'*' if one.begins else ''}"
        for one in read_rights(SETTINGS, {})
        if one.user == user and one.operation == operation
    }


def test_every_topic_of_the_file_is_one_of_the_clusters() -> None:
    """A name without a star that no topic has would be a right on nothing."""
    roles = yaml.safe_load(rights_file().read_text(encoding="utf-8"))
    assert roles.keys() == {
        "admin",
        "collect",
        "worker",
        "notifier",
        "indexer",
        "web",
        "auditor",
        "rebuild",
        "watch",
    }
    named = {name for role in roles.values() for name in role["topics"]}
    assert {name for name in named if not name.endswith("*")} <= set(TOPICS)


@pytest.mark.parametrize(
    ("user", "operation", "expected"),
    [
        ("saqshy-indexer", "write", set()),
        ("saqshy-watch", "write", set()),
        ("saqshy-auditor", "write", set()),
        ("saqshy-watch", "read", {"siem.outcomes", "siem.notices", "siem.audit"}),
        ("saqshy-web", "write", {"siem.asked"}),
        ("saqshy-admin", "read", set()),
        ("saqshy-collect", "create", set()),
        ("saqshy-worker", "create", {"siem.worker*"}),
        ("saqshy-notifier", "create", {"siem.notifier*"}),
    ],
    ids=[
        "indexer",
        "watch",
        "auditor",
        "watch reads",
        "web",
        "admin",
        "collect",
        "worker",
        "notifier",
    ],
)
def test_a_role_has_what_it_needs_and_no_more(
    user: str, operation: str, expected: set[str]
) -> None:
    """Who only reads writes nothing, and only its own state's topics are a process's to make."""
    assert given(user, operation) == expected


def test_a_rebuild_may_make_state_and_nothing_that_people_rely_on() -> None:
    """It deletes and writes state alone, words for the trail aside, and sets groups' places."""
    state = {"siem.worker*", "siem.notifier*"}
    assert given("saqshy-rebuild", "delete") == given("saqshy-rebuild", "create") == state
    assert given("saqshy-rebuild", "write") == {*state, "siem.outcomes"}
    read = given("saqshy-rebuild", "read")
    assert {"siem.raw", "siem.notices", "siem.audit", "siem.checkpoints", *state} <= read
    others = {one.user for one in read_rights(SETTINGS, {}) if one.operation == "delete"}
    assert others == {"saqshy-rebuild"}


def test_only_the_notifier_writes_the_audit_trail() -> None:
    """One process chains it, and no other may write there."""
    writers = {
        one.user
        for one in read_rights(SETTINGS, {})
        if one.operation == "write" and one.name == "siem.audit" and not one.begins
    }
    assert writers == {"saqshy-notifier"}


def test_a_user_may_have_another_name() -> None:
    """Who has a role is told; a role that is not there is refused with those that are."""
    rights = read_rights(SETTINGS, {"worker": "siem"})
    assert "siem" in {one.user for one in rights}
    assert "saqshy-worker" not in {one.user for one in rights}
    with pytest.raises(ConfigurationError, match=r"no such role: wroker.*known: .*worker"):
        read_rights(SETTINGS, {"wroker": "siem"})


def test_a_cluster_without_a_prefix_names_all_in_kafkas_words() -> None:
    """A star alone is Kafka's own name for all, and no beginning of names."""
    admin = [one for one in read_rights(ClusterSettings(prefix=""), {}) if one.kind == "group"]
    assert ("*", False) in {(one.name, one.begins) for one in admin}

"""Deliveries do over a partition's stores what they do over one machine's."""

from collections.abc import Iterator

import pytest

from connectors.stores.partition_rows import OrderedMemory
from connectors.stores.partition_stores import open_partition
from pipeline.ports import Stores
from tests.runtime.test_dispatch import (  # noqa: F401 (run here, over these stores)
    test_a_full_store_sends_nothing_twice,
    test_a_jump_of_the_clock_loses_nothing_and_storms_nobody,
    test_a_slow_party_leaves_a_hand_for_the_others,
    test_a_slow_update_holds_up_no_first_notice,
    test_an_open_line_is_knocked_at_by_first_notices_alone,
    test_another_channel_is_taken_when_the_first_is_down_for_long,
    test_lies_close_nothing,
    test_limits_do_not_touch_first_notices,
    test_one_rejected_notice_does_not_block_the_country,
    test_the_dead_page_once,
    test_the_order_of_a_line_is_kept_through_days_of_silence,
    test_two_notifiers_by_mistake_send_once,
    test_what_a_dead_notifier_claimed_goes_out_again_and_is_counted,
    test_what_is_due_is_delivered_and_audited,
    test_whose_word_comes_second_undoes_nothing,
)


@pytest.fixture
def stores() -> Iterator[Stores]:
    """Give a partition's stores, empty."""
    opened = open_partition(OrderedMemory(), lambda _writes: None).stores
    yield opened
    opened.database.close()

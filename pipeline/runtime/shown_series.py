"""The table of the series that are read when somebody asks, and of those that parts count apart."""

from pipeline.runtime.series import (
    AUDITOR,
    COLLECTOR,
    INDEXER,
    NOTIFIER,
    RUN,
    WEB,
    WORKER,
    Series,
)

_STAGES, _TELLING = (RUN, WORKER), (RUN, NOTIFIER)
_KAFKA = (WORKER, NOTIFIER)
_STAMPING = (RUN, COLLECTOR, WORKER)


def _gauge(
    name: str, help_: str, labels: tuple[str, ...] = (), by: tuple[str, ...] = (RUN,)
) -> Series:
    return Series(name, "gauge", help_, labels, by)


def _counter(
    name: str, help_: str, labels: tuple[str, ...] = (), by: tuple[str, ...] = (RUN,)
) -> Series:
    return Series(name, "counter", help_, labels, by)


_STORE = (
    _gauge("saqshy_store_up", "Whether the stores can be read."),
    _gauge("saqshy_journal_position", "Position of the batch journalled last."),
    _gauge("saqshy_journal_committed_position", "Position of the batch processed last."),
    _gauge(
        "saqshy_oldest_unprocessed_seconds",
        "How long ago the oldest event that is not processed was received; 0 where none waits.",
    ),
    _gauge("saqshy_events_kept", "Events in the store."),
    _gauge("saqshy_dead_letters", "Records that stand unresolved in the dead letters."),
)
_OBJECTS = (
    _gauge("saqshy_state_objects", "Objects with state that time passed for.", (), _STAGES),
    _gauge(
        "saqshy_state_rows", "Rows of the objects' state, by what they hold.", ("kind",), _STAGES
    ),
    _gauge(
        "saqshy_watermark_delay_seconds",
        "How far the event time that all active sources have reached lies behind the clock, for"
        " the object that is furthest behind.",
        (),
        _STAGES,
    ),
    _gauge(
        "saqshy_sources",
        "Sources by how they stand: heard, idle (longer than its lateness), silent (a finding"
        " stands) or unheard (not once yet).",
        ("standing",),
        _STAGES,
    ),
    _gauge(
        "saqshy_source_last_seen_timestamp_seconds",
        "When a source was heard last, since the epoch; of more than 2048 those heard longest ago.",
        ("object_id", "source_id"),
        _STAGES,
    ),
    _gauge(
        "saqshy_source_clock_skew_seconds",
        "How far a source's clock lags (positive) or runs ahead (negative), for the 64 worst.",
        ("object_id", "source_id"),
        _STAGES,
    ),
)
_MATCHING = (
    _gauge("saqshy_matching_processes", "Matching processes that are ready."),
    _gauge("saqshy_matching_queue_batches", "Batches that no process has taken."),
    _counter("saqshy_matching_lost_total", "Matching processes that were lost.", ("reason",)),
    _counter("saqshy_matching_batches_total", "Batches matched.", ("process",)),
    _counter(
        "saqshy_matching_cpu_seconds_total", "Seconds of a core that were used.", ("process",)
    ),
    _gauge("saqshy_matching_memory_bytes", "Most memory that was held.", ("process",)),
)
_RULES = (
    _gauge("saqshy_rules_in_force", "Rules in force.", ("kind",), _STAMPING),
    _gauge("saqshy_rules_quarantined", "Rules left out of the content in force.", (), _STAMPING),
    _counter(
        "saqshy_rule_tests_total",
        "Events that a rule was asked about, for the 256 rules that took the longest.",
        ("rule",),
        _STAGES,
    ),
    _counter(
        "saqshy_rule_test_seconds_total",
        "Time that asking a rule took, for the 256 rules that took the longest.",
        ("rule",),
        _STAGES,
    ),
    _gauge(
        "saqshy_versions_info",
        "Always 1: the program, and the revisions of content, registry and law pack in force;"
        " an indexer has none of these.",
        ("version", "content", "registry", "pack", "regime"),
        (*_STAMPING, NOTIFIER, INDEXER),
    ),
)
_PEOPLE = (
    _gauge(
        "saqshy_incidents",
        "Incidents as they stand; after a start, of the objects that are counted already."
        " An auditor shows them in a cluster alone.",
        ("state", "severity", "sector"),
        (RUN, AUDITOR),
    ),
    _gauge(
        "saqshy_incidents_by_act",
        "Incidents by the law's acts. An auditor shows them in a cluster alone.",
        ("act", "state"),
        (RUN, AUDITOR),
    ),
    _gauge("saqshy_review_waiting", "What waits for a person to look at it.", ("what",)),
    _gauge("saqshy_review_oldest_seconds", "How long the oldest of it has waited.", ("what",)),
)
_TERMS = (
    _gauge("saqshy_terms_open_incidents", "Incidents with terms that run.", (), _TELLING),
    _gauge("saqshy_terms_overdue", "Terms that have passed and are not met.", (), _TELLING),
    _counter(
        "saqshy_terms_met_total", "Terms that were met.", ("leg", "duty_of", "late"), _TELLING
    ),
    _counter(
        "saqshy_terms_missed_total",
        "Terms that passed before they were met.",
        ("leg", "duty_of"),
        _TELLING,
    ),
    Series(
        "saqshy_term_spare_seconds",
        "histogram",
        "What was left of a term when it was met; below zero it was late.",
        ("leg",),
        _TELLING,
    ),
    _counter(
        "saqshy_reminders_total",
        "Reminders that were made, and whether long after their time.",
        ("to", "late"),
        _TELLING,
    ),
)
_NOTICES = (
    _gauge(
        "saqshy_notices_waiting",
        "Notices on their way, by channel and state; no more than 500 are counted.",
        ("channel", "state"),
        _TELLING,
    ),
    _gauge(
        "saqshy_notices_oldest_waiting_seconds",
        "How long ago the oldest notice that is on its way was made; 0 where none is.",
        (),
        _TELLING,
    ),
    _gauge(
        "saqshy_notices_due_in_seconds",
        "Time until the next notice on its way is due, negative once it is overdue; absent where"
        " none waits.",
        (),
        _TELLING,
    ),
    _gauge(
        "saqshy_delivery_lines_not_closed",
        "Lines to recipients whose circuit breaker is open or half-open.",
        ("channel", "state"),
        _TELLING,
    ),
)
_CENTRES = (
    _counter(
        "saqshy_event_stream_left_out_total",
        "Events of a stretch that did not leave, at each attempt.",
        ("role", "reason"),
    ),
    _gauge(
        "saqshy_event_stream_lag_records",
        "Records that a stream owes and that have no receipt, as far as they are counted.",
        ("role",),
    ),
    _gauge("saqshy_event_stream_lag_seconds", "How long the oldest of them has waited.", ("role",)),
    _counter(
        "saqshy_ncc_message_pulls_total",
        "How often the coordination centre was asked for messages: answered or failed.",
        ("outcome",),
    ),
    _counter(
        "saqshy_ncc_messages_total",
        "Messages that came from the coordination centre: taken, or why they do not enter.",
        ("outcome",),
    ),
)
_CLUSTER = (
    _gauge(
        "saqshy_topic_lag_messages",
        "Messages of a topic that this process has not taken yet.",
        ("topic",),
        _KAFKA,
    ),
    _gauge(
        "saqshy_topic_lag_seconds",
        "Age of the message taken last where others wait behind it, else 0.",
        ("topic",),
        _KAFKA,
    ),
    _gauge(
        "saqshy_tick_waits_seconds",
        "For how long a tick has waited to come through every partition of raw; what lies behind it"
        " is held back.",
        (),
        (WORKER,),
    ),
    Series(
        "saqshy_indexer_batch_seconds",
        "histogram",
        "From a batch's first request to its last item's answer.",
        (),
        (INDEXER,),
    ),
    _counter(
        "saqshy_indexer_items_total",
        "Items by what became of them; busy ones are tried again.",
        ("result",),
        (INDEXER,),
    ),
    _gauge(
        "saqshy_indexer_store_waiting",
        "1 while the store takes nothing and Kafka holds.",
        (),
        (INDEXER,),
    ),
    _gauge(
        "saqshy_indexer_partitions_held",
        "Partitions that wait for a newer indexer.",
        (),
        (INDEXER,),
    ),
    _gauge(
        "saqshy_indexer_lag_messages", "Messages behind the end, by topic.", ("topic",), (INDEXER,)
    ),
    _gauge(
        "saqshy_indexer_lag_seconds",
        "Age of the oldest message that is not written yet, by topic; 0 where none waits.",
        ("topic",),
        (INDEXER,),
    ),
    _counter(
        "saqshy_indexer_commits_failed_total",
        "Offsets that the brokers did not take; what was written is written again.",
        (),
        (INDEXER,),
    ),
    _gauge(
        "saqshy_ready",
        "Whether the process can work now; why not is on its /readyz.",
        (),
        (COLLECTOR, WORKER, NOTIFIER, INDEXER, WEB),
    ),
)
_AUDITOR = (
    _gauge(
        "saqshy_auditor_alarms",
        "Alarms that stand, by kind: missing, late, duplicate, wrong, broken.",
        ("kind",),
        (AUDITOR,),
    ),
    _gauge(
        "saqshy_auditor_last_look_seconds",
        "When the auditor looked last, seconds since the epoch.",
        (),
        (AUDITOR,),
    ),
    _gauge("saqshy_auditor_look_age_seconds", "How long ago that was.", (), (AUDITOR,)),
    _gauge("saqshy_auditor_incidents", "Incidents that the auditor has examined.", (), (AUDITOR,)),
    _gauge("saqshy_auditor_notices_owed", "Notices that their histories owe.", (), (AUDITOR,)),
    _gauge(
        "saqshy_auditor_failing",
        "Looks in a row that found no store to read.",
        (),
        (AUDITOR,),
    ),
)
_WEB = (
    _counter(
        "saqshy_web_requests_total",
        "Requests of console and API, by route and status.",
        ("route", "status"),
        (WEB,),
    ),
    Series(
        "saqshy_web_request_seconds",
        "histogram",
        "From a request to the end of its answer, without live lists.",
        ("route",),
        (WEB,),
    ),
    _counter(
        "saqshy_web_logins_refused_total",
        "Logins that were refused: failed, or held since too many failed before.",
        ("reason",),
        (WEB,),
    ),
    _counter(
        "saqshy_web_reads_recorded_total",
        "Records of reads that were kept for the audit trail.",
        (),
        (WEB,),
    ),
    _counter(
        "saqshy_web_commands_left_total",
        "Commands left for the running system, reads among them, by whether they were kept.",
        ("outcome",),
        (WEB,),
    ),
)
SHOWN: tuple[Series, ...] = (
    *(*_STORE, *_OBJECTS, *_MATCHING, *_RULES, *_PEOPLE, *_TERMS),
    *(*_NOTICES, *_CENTRES, *_CLUSTER, *_AUDITOR, *_WEB),
)

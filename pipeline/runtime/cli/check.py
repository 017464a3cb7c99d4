"""`saqshy check`: read configuration, registry, rules and pack; print every problem."""

from connectors.sinks.ncc_https import read_identity
from pipeline.assess import unreachable
from pipeline.errors import ConfigurationError
from pipeline.runtime.checkpoint_keys import signing, trusted
from pipeline.runtime.cli.options import AsJson, Config
from pipeline.runtime.cli.output import FOUND, USAGE, emit, say, stop, told_errors
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.knowledge import read_knowledge

UNSIGNED = (
    "warning: audit.signing_key names no key, so checkpoints of the audit trail are unsigned: who"
    " can write the store can make the trail anew (make one: openssl genpkey -algorithm ed25519)"
)


def check(config: Config = None, json: AsJson = False) -> None:
    """Read everything that `saqshy run` would read, print every problem, touch nothing.

    Example: saqshy check --config saqshy.yml
    """
    with told_errors():
        settings = read_settings(config)
        try:
            knowledge = read_knowledge(settings)
            if settings.notify.ncc is not None:
                read_identity(settings.notify.ncc)
            signing(settings.audit)
            trusted(settings.audit)
        except ConfigurationError as error:
            if not json:
                raise
            for problem in error.problems:
                emit({"file": problem.file, "line": problem.line, "message": problem.message})
            stop(USAGE)
        warnings = [
            *knowledge.content.quarantined,
            *unreachable(knowledge.pack, knowledge.registry),
        ]
        quarantined = len(knowledge.content.quarantined)
        summary = {
            "rules": len(knowledge.content.rules),
            "correlations": len(knowledge.content.correlations),
            "quarantined": quarantined,
            "objects": len(knowledge.registry.objects()),
            "checkpoints_signed": settings.audit.signing_key is not None,
            "revisions": {
                "content": knowledge.revisions.content,
                "registry": knowledge.revisions.registry,
                "pack": knowledge.revisions.pack,
            },
        }
        for problem in warnings:
            say(str(problem))
        if settings.audit.signing_key is None:
            say(UNSIGNED)
        if json:
            emit(summary)
        else:
            say(
                f"{summary['rules']} rules, {summary['correlations']} correlations, "
                f"{summary['objects']} objects; {quarantined} rule(s) in quarantine"
            )
        if warnings:
            stop(FOUND)

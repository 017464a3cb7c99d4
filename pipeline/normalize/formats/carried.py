"""JSON that another JSON document only carries: a shipper's ``message``, a CloudWatch log event.

A shipper that does not read what it ships puts the line under ``message`` and says around it who it
is and where the line stood. Where that line is a JSON object, it is the record that counts.
Sources: Elastic, "Filebeat exported fields" (log input); AWS, "Log group subscription filters";
Microsoft, "AKS monitoring data reference" (resource logs: kube-audit).
"""

from pipeline.model import Json

MESSAGES = ("message", "@message", "log", "MESSAGE", "line")
# What shippers and log services say beside the line, and nothing of its content.
_AROUND = frozenset(
    {
        "@metadata", "@timestamp", "@version", "agent", "aws", "awscloudwatch", "azure", "beat",
        "cloud", "container", "data_stream", "date", "docker", "ecs", "elastic_agent", "event",
        "eventId", "extractedFields", "fields", "file", "fileset", "host", "hostname", "id",
        "ingestionTime", "input", "input_type", "kafka", "kubernetes", "labels", "log", "logGroup",
        "logStream", "logStreamName", "logtag", "observer", "offset", "orchestrator", "path",
        "prospector", "ptr", "service", "source", "source_type", "stream", "tags", "time",
        "timestamp", "type",
    }
)  # fmt: skip
CARRIERS = (*MESSAGES, "properties")
_AKS_AUDIT = ("kube-audit", "kube-audit-admin")  # in AKS, the API server's log is a text


def message_of(document: Json) -> str | None:
    """Give the text that is all that a document says; None where it says more, or nothing."""
    for name in MESSAGES:
        text = document.get(name)
        if text.__class__ is str and text:
            for other in document:
                if other not in _AROUND and other != name:
                    return None
            event = document.get("event")
            read = isinstance(event, dict) and "category" in event  # by the shipper already
            return None if read else text
    return None


def carried(document: Json) -> str | None:
    """Give the JSON object, as text, that is all that a document says; None where it says more."""
    text = message_of(document)
    if text is None and document.get("category") in _AKS_AUDIT:
        held = document.get("properties")
        text = held.get("log") if isinstance(held, dict) else None
    return text if isinstance(text, str) and text[:1] == "{" and text.rstrip()[-1:] == "}" else None


def host_of(document: Json) -> str | None:
    """Give the host that a shipper names: where the line was written, unless the line says else."""
    host = document.get("host")
    name = host.get("name") if isinstance(host, dict) else host or document.get("hostname")
    return name if isinstance(name, str) and name else None

"""The sentences in which an assessment says why: English texts with named places.

A reason is stored in English, with what stands in its places. Catalogs translate the sentence (the
msgid), so that a reader of another language gets the same reason (``reason_texts``). A place's name
tells what stands in it: an ``act``, an ``axis``, a ``regime`` are names of the pack, which has
words for them. Several reasons are joined by ``"; "``.
"""

JOINED = "; "

UNANSWERED = "no finding answers it"
SHOWN = "shown by {findings}"
DENIED = "denied by {findings}"
DENIED_BY_SOME = "denied by {findings}, and others do not know"
LEFT_OPEN = "left open by {findings}"
ENTAILED = "the act {act} answers it"
ACTS = "the acts that findings show, deny or leave open; no finding answers the others"

HOLDS = "{expression} is {answer}"
REVIEW = "{expression} is {answer}, but {review}: a person decides"
NO_PREDICATE = "the pack has no predicate in force at this time"

UNSAID = "no finding says it"
AGREED = "{value} by {findings}"
MIXED = "findings differ ({values}): {value}"

ONCE = "one failure within the window of {hours} hours"
AGAIN = "more than one failure within the window of {hours} hours"

GRAVEST_CLASS = "the gravest class among the findings"
CLASS_OF_ACT = "the class of the act {act}"
NO_CLASS = "no finding and no act has a class"

AIM = "{expression} holds"
PROPERTY = "{expression} holds: grade {grade}"
UNTOUCHED = "nothing that holds touches it"
AXIS = "{properties} on an object with {flags}: grade {grade}"
AXIS_ANYWHERE = "{properties}: grade {grade}"
AXIS_LEAST = "at least {grade} where {expression} holds"
AXIS_PART = "the grade of its part {axis}"
SCALE_RAISES = "the reach of the object raises it by {steps}"
POSSIBLE = "only possible: {steps} less"
POTENTIAL = "the most that it can be while no finding denies more"
SCALE = "the object reaches so far: {flags}"
SCALE_UNKNOWN = "nothing is said of its reach"
CONSEQUENCE = "the axes {axes} reach {grade}"
CONSEQUENCE_OBJECT = "on an object with {flags}"

FLOOR_DECIDES = "the floor {floor} counts"
FLOOR_HOLDS = "at least {grade}; something else is as grave"
TOP_AXES = "the highest axis counts: {axes}"
NOTHING_RAISES = "nothing raises an axis"
REGIME_RAISES = "the regime {regime} raises it"
REGIME_KEEPS = "follows the severity; the regime {regime} does not raise it"
FOLLOWS_SEVERITY = "follows the severity"
SCOPE_UNKNOWN = "no row of the pack fits"

UNION = "the union of what each flag of the object demands"
CANDIDATE = "a candidate: no incident is told outside the centre until a person decides"
NO_INCIDENT = "no incident: nobody is told of one"
TOLD_TOO = "{subject} is told where the reporter must"
HELD = "held by the guard: {rule}"
NO_ROWS = "the pack has no rows in force: a person decides"
NO_ROUTE = "no row of the pack says whom to tell: a person decides"
NOBODY = "nobody is registered as {roles}"
NOT_REGISTERED = "the registry names nobody for it"

DECIDED = "decided by {actor}: {reason}"
LAPSED = "decided by {actor} ({value}), and shown otherwise since: {reason}"
AGAINST = "what was found since contradicts the decision of {actor}"
RAISED = "set to {value} by {actor}: {reason}"
BOUND = "{value} by {actor}: {reason}; a floor of the pack is higher"

SENTENCES = tuple(
    value
    for name, value in sorted(globals().items())
    if name.isupper() and isinstance(value, str) and name != "JOINED"
)
"""Every sentence of our own; a pack's rows bring theirs."""


def joined(*reasons: str) -> str:
    """Join reasons, leaving out what is empty or said already."""
    return JOINED.join(dict.fromkeys(one for one in reasons if one))

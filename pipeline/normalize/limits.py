"""How far a time may lie after the time at which its record arrived."""

from pipeline.model import NANOSECONDS

# A record cannot tell of the future. Clocks run minutes ahead, and a wrongly assumed zone shifts a
# time by up to 14 hours; what is further ahead than a day is a clock that nobody set, and would
# push every window of its object forward.
FUTURE_LIMIT = 24 * 3600 * NANOSECONDS

"""The rules of the language, as people are told them."""

RULES = """\
A question is a subset of KQL, the query language of Kibana.

  field: value             the field has this value, whatever its case; a list: one of its members
  field: "two words"       a value with spaces, colons or brackets stands in quotation marks
  field: adm*              a star stands for any text, also for none
  field: *                 the field is there
  field: (a or b)          one of the values; also (a and b), (not a)
  field >= value           numbers and times: > >= < <=
  word                     one of the kind's main fields contains the word; "two words" likewise
  and, or, not, ( )        not binds closest, then and, then or; in small or capital letters

Values
  Text compares as a whole; of messages and reasons it is enough that they contain it.
  Times: 2026-01-31 (that day, UTC), 2026-01 (that month), 2026-01-31T09:30:00Z, now, now-1d,
  now+30m, now-7d/d (that whole day); units s m h d w. Behind > and <= the whole day counts.
  Addresses compare by value, and a network has each of its own: source.ip: 10.0.0.0/8.
  Flags are true or false. Numbers compare by value.

Signs
  A backslash takes the meaning from \\ ( ) : < > " * { } and from a space; \\t \\r \\n and \\u0041
  are characters. In quotation marks only \\ and " have a meaning, and a star is a star.
  Two words side by side without a sign between them are an error, not a guess.

Bounds: 4,096 characters, 200 terms, 24 brackets within each other.
Not of KQL: nested fields { }, stars in names of fields, words side by side.
"""

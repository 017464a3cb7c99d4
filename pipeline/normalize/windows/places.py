"""Where the shapes of a Windows event keep the event's own fields."""

EVENT_DATA = (
    ("EventData",),
    ("Event", "EventData"),
    ("Event", "UserData"),
    ("event_data",),
    ("winlog", "event_data"),
    ("winlog", "user_data"),
    ("user_data",),
)

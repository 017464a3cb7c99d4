"""Whether an event's own values hold objects, which a look at its names alone passes over."""


def nests(held: dict[str, object]) -> bool:
    """Tell whether an object holds others, or lists that hold objects or lists."""
    for value in held.values():
        if isinstance(value, dict):
            return True
        if isinstance(value, list):
            for one in value:
                if isinstance(one, dict | list):
                    return True
    return False

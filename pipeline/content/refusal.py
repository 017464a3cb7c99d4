"""What a document asks for and we would not match as it is meant."""


class NotUnderstood(ValueError):
    """A part of a document that must be put aside; ``way_out`` says what would mend it.

    ``place`` is where in the document, where that is known.
    """

    def __init__(self, message: str, *place: str | int, way_out: str = "") -> None:
        self.place = place
        self.way_out = way_out
        super().__init__(message)

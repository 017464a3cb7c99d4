"""What every part of the settings is: frozen, and closed to unknown keys."""

from pydantic import BaseModel, ConfigDict


class Piece(BaseModel):
    """A frozen part of the tree; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

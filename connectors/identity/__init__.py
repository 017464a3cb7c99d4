"""Who vouches for people."""

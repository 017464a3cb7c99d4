"""Where accounts, sessions and tokens are kept."""

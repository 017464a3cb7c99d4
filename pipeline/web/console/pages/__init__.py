"""The console's pages, one a file: each gives what it is made of (``parts.Page``) for a scene."""

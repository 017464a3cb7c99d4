"""Whether this room's modules run in their compiled form: imported before any of them."""

from pipeline.compilation import prefer_compiled

COMPILED = prefer_compiled("pipeline.normalize", __file__)

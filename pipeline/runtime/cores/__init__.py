"""All cores of one machine: the stateless half of the pipeline in processes of its own.

One process journals, folds and commits, in the journal's order (``runtime/engine.py``). Batches
behind the one that it folds are matched meanwhile by others, which hold no state:

    journal -> Pool -> pipe -> matching process -> pipe -> Pool -> engine, in order

A matching process gets a batch and gives back one small observation and the events' block as the
store keeps it. It opens no file but the cache of compiled rules: what it needs to know it asks for
by revision. So nothing of a record is anywhere but in memory, and one that is killed or hangs
loses nothing: another process gets its batches again.
"""

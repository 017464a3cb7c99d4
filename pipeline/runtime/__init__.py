"""The only place that wires the core to the outside: bootstrap, runtimes, command line."""

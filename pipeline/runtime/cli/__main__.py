"""`python -m pipeline.runtime.cli`: the command where its script is not on the path."""

from pipeline.runtime.cli.app import main

if __name__ == "__main__":
    main()

"""``python -m responder_core``: the command line, as ``responder`` is."""

from responder_core.commands.program import main

if __name__ == "__main__":
    main()

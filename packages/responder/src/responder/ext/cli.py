"""The command line; ``responder_core.commands`` documents it."""

from responder_core.commands.program import main, program

cli = program
"""What older programs call it."""

__all__ = ["cli", "main"]

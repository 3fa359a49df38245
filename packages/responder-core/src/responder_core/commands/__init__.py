"""The command line: ``responder run``, ``responder dev`` and the others, a module each.

A package adds a command of its own by an entry point of the group ``responder.commands``, whose
value is a click command.
"""

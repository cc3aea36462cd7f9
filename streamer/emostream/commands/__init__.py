"""The commands that need the runtime alone: each has ``add_arguments(parser, settings)`` and ``run(arguments)``."""

"""The commands of the trainer: each has ``add_arguments(parser, settings)`` and ``run(arguments)``."""

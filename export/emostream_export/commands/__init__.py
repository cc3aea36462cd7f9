"""The commands of the export: each has ``add_arguments(parser, settings)`` and ``run(arguments)``."""

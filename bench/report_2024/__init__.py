"""The findings of the report of 2024, made again (docs/report-2024.md)."""

"""What it costs, side by side with what else there is."""

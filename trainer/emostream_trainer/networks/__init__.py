"""The two networks, each as published and as shipped."""

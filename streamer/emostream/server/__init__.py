"""The server: the widget's page, and a WebSocket for events and for clients' audio."""

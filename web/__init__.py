"""The outside: HTTP, WebSockets, the page and the command line."""

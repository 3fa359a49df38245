"""Facts of HTTP: pure functions and values over bytes and str, each with its RFC section."""

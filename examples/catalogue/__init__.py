"""The catalogue of a library: what the tutorial builds."""

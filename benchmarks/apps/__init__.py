"""The applications that are measured, one module each; each needs only its own framework."""

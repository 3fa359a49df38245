"""Services to run, read and take as a beginning; each starts with one command."""

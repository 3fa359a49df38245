"""A site of one's own: Markdown posts on disk, served by Responder."""

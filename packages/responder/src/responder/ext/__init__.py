"""The packages of Responder, by the names that older programs import."""

"""How fast, where the time goes, and what accuracy costs: a question per file."""

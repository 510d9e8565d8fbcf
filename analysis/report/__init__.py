"""The report: one page about a store, to send."""

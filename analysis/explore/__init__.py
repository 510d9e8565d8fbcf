"""The explorer: a page on loopback that asks a store."""

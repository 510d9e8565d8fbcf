"""The sweep file, and what follows from it."""

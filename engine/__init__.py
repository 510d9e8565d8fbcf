"""The circulation: arrays in, arrays out."""

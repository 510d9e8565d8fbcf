"""Every name of the model, once."""

"""An arm against its reference: who is helped, who is not, who is harmed."""

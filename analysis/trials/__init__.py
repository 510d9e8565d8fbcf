"""A virtual trial and an observational study on the patients of a store, where the truth is known."""

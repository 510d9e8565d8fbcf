"""From a store to an answer: who is helped, where, and the pictures that show it."""

"""How the engine is compiled, and how patients lie side by side in memory."""

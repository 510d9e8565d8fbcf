"""Steps in time: the integrator and the only loop over lanes."""

"""The evidence: baselines against their targets, published effects of the balloon, and structural uncertainty."""

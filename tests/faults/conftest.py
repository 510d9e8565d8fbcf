import pytest
from suite import undisturbed


@pytest.fixture(scope="session")
def small(once):
    """A sweep of five blocks, and the store of a run that nobody disturbed."""
    folder = once("undisturbed", undisturbed)
    return folder / "sweep.toml", folder / "sweep.zarr"

import pytest
from kill_resume import finish, start, write_sweep


def undisturbed(folder):
    finish(start(write_sweep(folder / "sweep.toml"), folder / "sweep.zarr", workers=2))


@pytest.fixture(scope="session")
def small(once):
    """A sweep of five blocks, and the store of a run that nobody disturbed."""
    folder = once("undisturbed", undisturbed)
    return folder / "sweep.toml", folder / "sweep.zarr"

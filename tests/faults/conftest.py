import pytest
from kill_resume import finish, start, write_sweep


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """A sweep of five blocks, and the store of a run that nobody disturbed."""
    folder = tmp_path_factory.mktemp("undisturbed")
    sweep = write_sweep(folder / "sweep.toml")
    finish(start(sweep, folder / "sweep.zarr", workers=2))
    return sweep, folder / "sweep.zarr"

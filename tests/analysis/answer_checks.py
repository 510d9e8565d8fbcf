"""What every answer of the face must be: a data set that says what its numbers mean, and comes back from a file."""

import numpy as np
import xarray as xr

PLAIN = (str, int, float, np.integer, np.floating, list, np.ndarray)


def check_answer(answer, in_words, folder):
    """Check the form of an answer, and that it says the same words when it comes back from a netCDF file."""
    assert isinstance(answer, xr.Dataset)
    for name, variable in answer.data_vars.items():
        assert str(name).endswith("_bounds") or variable.attrs["long_name"]
        has_units = {"units", "flag_values", "flag_masks"} & variable.attrs.keys()
        assert str(name).endswith("_bounds") or variable.dtype.kind in "bOU" or has_units
        if "flag_values" in variable.attrs:
            assert len(variable.attrs["flag_values"]) == len(variable.attrs["flag_meanings"].split())
    for about in (answer.attrs, *(variable.attrs for variable in answer.variables.values())):
        assert all(isinstance(value, PLAIN) and not isinstance(value, bool) for value in about.values())
    answer.to_netcdf(folder / "answer.nc")
    with xr.open_dataset(folder / "answer.nc") as again:
        xr.testing.assert_equal(again, answer)
        assert in_words(again) == in_words(answer)

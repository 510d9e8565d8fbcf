"""What every answer must be: a data set that says what its numbers mean, comes back from a file, and is all told."""

import numpy as np
import xarray as xr

PLAIN = (str, int, float, np.integer, np.floating, list, np.ndarray)


def check_answer(answer, in_words, folder):
    """Check the form of an answer, and that it says the same words when it comes back from a netCDF file."""
    assert isinstance(answer, xr.Dataset)
    for name, variable in answer.data_vars.items():
        assert str(name).endswith("_bounds") or variable.attrs["long_name"]
        beside = {str(own) for own in variable.coords if str(own).endswith("_units")}
        has_units = beside or {"units", "flag_values", "flag_masks"} & variable.attrs.keys()
        assert str(name).endswith("_bounds") or variable.dtype.kind in "bOU" or has_units
        if "flag_values" in variable.attrs:
            assert len(variable.attrs["flag_values"]) == len(variable.attrs["flag_meanings"].split())
    for about in (answer.attrs, *(variable.attrs for variable in answer.variables.values())):
        assert all(isinstance(value, PLAIN) and not isinstance(value, bool) for value in about.values())
    answer.to_netcdf(folder / "answer.nc")
    with xr.open_dataset(folder / "answer.nc") as again:
        xr.testing.assert_equal(again, answer)
        assert in_words(again) == in_words(answer)


def check_json(told, answer):
    """Check that what a command printed as JSON holds the whole of an answer, null where a number is not finite."""
    read = xr.Dataset.from_dict({part: told[part] for part in ("coords", "data_vars")})
    for name, variable in answer.variables.items():
        assert read[name].dims == variable.dims
        assert read[name].attrs.get("units") == variable.attrs.get("units")
        expected = variable.where(np.isfinite(variable)) if variable.dtype.kind == "f" else variable
        np.testing.assert_array_equal(read[name].values.astype(variable.dtype), expected.values)
    for name, value in answer.attrs.items():
        np.testing.assert_array_equal(np.asarray(told[name], dtype=type(value)), value)

"""Many virtual patients: what to run, where, and how it survives being killed.

Imports run one way; each folder may import those above it:

- ``population``: cohorts, the laws their patients are drawn by, and what the tables of a file may say
- ``design``: points of the unit cube for each patient, grids, designs for sensitivity, refinement
- ``user_patients``: patients that come from a table or a data frame instead
- ``spec``: the sweep file, checked and hashed; its blocks, and the candidates of each
- ``store``: the results on disk: Zarr arrays, receipts, the warm start; opening, verifying and repairing them
- ``execution``: running what is missing of a store: processes of this machine, Dask, Slurm

Beside them ``simulate`` and ``earlier_results`` serve ``sample``, ``simulate`` and ``waveforms`` without a store, and
``host`` and ``resources`` say what this machine allows.
"""

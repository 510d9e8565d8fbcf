"""Running a sweep: here, on Dask, on Slurm."""

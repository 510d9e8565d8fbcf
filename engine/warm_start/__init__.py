"""What training patients of a population teach, so that its patients need few beats."""

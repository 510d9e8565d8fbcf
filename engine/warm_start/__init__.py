"""What training patients of a population show, so that its patients need few beats."""

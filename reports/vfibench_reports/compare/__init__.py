"""Any two methods of a dataset frame by frame."""

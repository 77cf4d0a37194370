"""What all pages share: templates, tables, drawings, labels, names of files."""

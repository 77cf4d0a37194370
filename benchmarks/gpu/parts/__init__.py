"""What is asked, one module for each part; each has a function `ask`."""

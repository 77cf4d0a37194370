"""Who is good where, at what speed, and whether another definition would change the order."""

"""Super SloMo as Avinash Paliwal wrote and trained it, on Adobe240."""

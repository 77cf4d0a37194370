"""Super SloMo and its recurrent extension SuperSloMo-R."""

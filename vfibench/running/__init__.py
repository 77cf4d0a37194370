"""How a score comes to be: plan, load, predict, measure, store.

Read `plan.py`, `runner.py`, `measuring.py` and `predictors.py`, in this order.
"""

"""Many accounts at once: what `assess` says of one, over matrices of values, to the last digit. Pure.

`curves` rates columns of values, `weighing` weighs the ratings, `score` puts it together; `peers` takes references.
"""

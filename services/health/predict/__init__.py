"""The chance to leave: one logistic model over the day grid, beside the score and never instead of it.

`features` makes recorded values comparable, `learn` fits and judges, `learnt` is what is kept and predicts without the
library that fitted it, `weights` sets its coefficients beside a model's weights. All of that is pure; `handle` reads
and writes.
"""

"""Does a score tell beforehand who leaves? Judged on what was known at each instant, against what came of it.

`outcomes` says who left when, `observe` pairs each score with what came after it, `figures` judges the pairs, `report`
gathers everything, `page` and `plots` show it. All of that is pure; `handle` reads the database.
"""

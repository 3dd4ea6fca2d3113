"""Monthly recurring revenue: what a subscription is worth (`price`), and how an account's revenue moves (`ledger`).

Money is exact: a price is a fraction until it is rounded, once, half up, to a millionth of its currency's unit.
"""

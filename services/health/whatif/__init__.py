"""What a draft of a model would say: of all accounts now, and of every day that was recorded.

`compare` sets two scores beside each other, `walk` finds the crossings that a draft would have made; both are pure.
"""

"""What relays on one log tell each other: who listens where, and answers for held senders.

words.py       the messages
neighbours.py  who listens at which other relay, as told (no socket, no clock)
crossing.py    hears and says it
"""

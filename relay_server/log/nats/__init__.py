"""The log on NATS JetStream: any number of relays share it, and none of them keeps anything.

- address.py     where NATS is, and how a relay shows itself there
- credentials.py a file that says who the relay is
- client.py      the client of NATS, where it would give up or wait for ever
- layout.py      the streams and subjects
- block.py       what one message holds
- connection.py  one connection, and what is asked over it
- jetstream.py   the few things that JetStream is asked
- blocks.py      writing a block, once
- appending.py   the next place in an endpoint's sequence, whoever else wants it
- reading.py     pages, and places found by number and by time
- following.py   the endpoints that somebody here listens to: news, and what was missed
- documents.py   endpoints and facts, the same on every relay
- retaining.py   bytes for each endpoint
- sweeping.py    what retention owes of endpoints that are quiet
- pulse.py       whether each stream answers
- ending.py      tasks that end when they are told to
- running.py     all of it, while a log is open
- log.py         the same as `base.Log`
- moving.py      everything from a log in a file to here
"""

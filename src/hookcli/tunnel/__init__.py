"""What a listener does: connect, capture, deliver, report. It prints nothing and never exits."""
